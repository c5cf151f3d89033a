"""The exceptions of a build, one class a boundary.

    BuildError                  base: the command line prints it without a traceback, exit code 1
    ├── RecipeError             a setting that cannot be used
    ├── SeedError               a seed file that cannot be read; names the file, row and field
    ├── TeacherError            the teacher cannot be used (unreachable, key refused, unknown model)
    │   └── BuildStoppedError   stopped in the middle; the same command goes on (exit code 3)
    ├── OutputError             the output folder is locked, broken or not ours
    ├── DedupError              the deduplication stage broke
    ├── BenchmarkError          a benchmark that cannot be fetched
    ├── CardError               the card cannot be rendered from the manifest
    ├── LicenseError            (licensing) no licence fits what the dataset was made from
    ├── PublishError            a release that cannot be checked, sent or verified
    ├── VersionError            (publishing) a version that a change or an earlier release forbids
    └── NothingPublishedError   no row passed: no dataset was written (exit code 4)

A message says what failed, the value seen and what to do next.
"""

from __future__ import annotations

import errno

MACHINE_FAULTS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE}
)
"""What an OSError says of the machine alone: no room, no right, too many files open."""


class BuildError(Exception):
    """Base of everything that ends a build with a message instead of a traceback."""

    exit_code = 1


class RecipeError(BuildError):
    """A setting that cannot be used."""


class SeedError(BuildError):
    """A seed file that cannot be read; names the file, row and field."""


class TeacherError(BuildError):
    """The teacher cannot be used: unreachable, key refused, unknown model."""


class BuildStoppedError(TeacherError):
    """The build stopped in the middle; finished responses are kept, the same command goes on."""

    exit_code = 3


class OutputError(BuildError):
    """The output folder is locked by another build, broken, or holds something that is not ours."""


class DedupError(BuildError):
    """The deduplication stage broke."""


class BenchmarkError(BuildError):
    """A benchmark that cannot be fetched, or is not what it was."""


class CardError(BuildError):
    """The card cannot be rendered from the manifest."""


class PublishError(BuildError):
    """A release that cannot be checked, sent or verified."""


class NothingPublishedError(BuildError):
    """No row passed the checks: no dataset was written."""

    exit_code = 4
