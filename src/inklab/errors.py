"""The errors that a user can fix; every message says what came, what was expected, and what to do."""


class InklabError(Exception):
    """The base of all errors; the commands print it as one line and exit with 1."""


class DataError(InklabError, ValueError):
    """A data file, folder or array that is missing, damaged or not of the expected form."""


class PictureError(InklabError):
    """A picture that cannot be decoded: damaged, too large, or of another format."""


class RecipeError(InklabError, ValueError):
    """A recipe that does not exist or has a value that cannot be trained."""


class RunError(InklabError):
    """A run folder that cannot be written, loaded or resumed."""


class TrainingError(InklabError):
    """Training that cannot continue, such as a loss that is not a number."""


class Stopped(InklabError):  # noqa: N818  (not an error: the user asked for it)
    """The user stopped the work; the message says how to resume."""


class ArtifactError(InklabError):
    """An artifact that is missing, damaged, different from its card, or not safe to run."""
