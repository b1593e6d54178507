"""What can go wrong that a user can mend: every message says what came, what was expected, what to do."""


class InklabError(Exception):
    """The base of every error that a user can mend; the commands print it as one line and exit with 1."""


class DataError(InklabError):
    """A data file or folder that is missing, damaged or not what it claims to be."""


class PictureError(InklabError):
    """A picture that cannot be read: damaged, too large, or of another format."""


class RecipeError(InklabError):
    """A recipe that does not exist or asks for something that cannot be trained."""


class RunError(InklabError):
    """A run folder that cannot be written, read or resumed."""


class TrainingError(InklabError):
    """Training that cannot go on, such as a loss that is no longer a number."""


class Stopped(InklabError):  # noqa: N818  (it is no error of anybody's)
    """The user stopped what was under way; the message says how to go on."""


class ArtifactError(InklabError):
    """An artifact that is missing, damaged, not what its card says, or not safe to run."""
