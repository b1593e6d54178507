/** The networks that can predict: the shipped one, and finished runs. */

/**
 * @param {{name: string, recipe: string, shipped: boolean}} model as /api/models has it
 * @returns {string} its label in a list
 */
export const modelLabel = ({ name, recipe, shipped }) => (shipped ? "inklab (included)" : name === recipe ? name : `${name} (${recipe})`);
