"""What can go wrong with repositories and what they hold.

not_found     RepoNotFound, RevisionNotFound, EntryNotFound, BlobMissing
conflict      RepoExists, RefExists, BranchMoved, BranchBusy
invalid       RepoNameMalformed, RefNameMalformed, PathRefused, PathConflict, CardInvalid, CommitMalformed,
              CommitTooLarge, FileTooLarge, LfsObjectAbsent, LfsSizeWrong, AttributesRefused, MainBranchKept,
              ConfirmationWrong
"""

from modelyard.kernel import N_, DomainError, Kind


class RepoNotFound(DomainError):
    """No repository of this name that the actor may see; a private one looks absent to strangers."""

    code = "repo_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("Repository {repo} does not exist, or you may not see it.")
    hint = N_("Check the name; if the repository is private, use a token that may read it.")


class RevisionNotFound(DomainError):
    """The repository has no such branch, tag or commit."""

    code = "revision_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("Revision {revision} does not exist in {repo}.")
    hint = N_("List the branches and tags of the repository to see what exists.")


class EntryNotFound(DomainError):
    """The revision has no such file or folder; `commit` is the revision's commit, for clients that remember absence."""

    code = "entry_not_found"
    kind = Kind.NOT_FOUND
    sentence = N_("{path} does not exist at revision {revision} of {repo}.")
    hint = N_("List the files of this revision to see what exists.")


class BlobMissing(DomainError):
    """A commit names content that the store does not hold: a damaged installation, never a caller's fault."""

    code = "blob_missing"
    kind = Kind.UNAVAILABLE
    sentence = N_("The content of {path} is missing from storage.")
    hint = N_("Tell the operator of this server; a backup may hold it.")


class RepoExists(DomainError):
    """A repository of this kind and name exists, perhaps in other letters' case; `url` leads to it."""

    code = "repo_exists"
    kind = Kind.CONFLICT
    sentence = N_("Repository {repo} exists already.")
    hint = N_("Choose another name, or use the repository that exists.")


class RefExists(DomainError):
    """A branch or tag of this name exists."""

    code = "ref_exists"
    kind = Kind.CONFLICT
    sentence = N_("{ref} exists already in {repo}.")
    hint = N_("Choose another name, or delete the one that exists first.")


class BranchMoved(DomainError):
    """The commit names a parent that is not the branch's tip any more; nothing was written."""

    code = "branch_moved"
    kind = Kind.CONFLICT
    sentence = N_("{branch} has moved since {parent}: a commit was made in between.")
    hint = N_("Read the branch again and send the commit on top of its present tip.")


class RepoNameMalformed(DomainError):
    """The name breaks the clients' rule for repository ids."""

    code = "repo_name_malformed"
    kind = Kind.INVALID
    sentence = N_("{name} cannot be the name of a repository.")
    hint = N_(
        "Use 1 to 96 letters, digits, '-', '_' or '.'; no '-' or '.' at either end, no '--' or '..', "
        "and not '.git' at the end."
    )


class RefNameMalformed(DomainError):
    """Git would not accept the name for a branch or tag."""

    code = "ref_name_malformed"
    kind = Kind.INVALID
    sentence = N_("{name} cannot be the name of a branch or tag.")
    hint = N_("Use letters, digits, '-', '_', '.' and '/'; no '..', no '.lock' at the end, not 40 hexadecimal digits.")


class PathRefused(DomainError):
    """A path that some client, file system or git itself could be harmed by; `reason` says which rule it breaks."""

    code = "path_refused"
    kind = Kind.INVALID
    sentence = N_("{path} cannot be a path in a repository: {reason}.")
    hint = N_("Rename the file and send the commit again.")


class PathConflict(DomainError):
    """A file stands where the commit needs a folder, or a folder where it needs a file."""

    code = "path_conflict"
    kind = Kind.INVALID
    sentence = N_("{path} would be a file and a folder at once.")
    hint = N_("Delete the one that is in the way in the same commit, before the other is added.")


class CardInvalid(DomainError):
    """The metadata at the top of README.md cannot be used; `reason` says why, `line` where, if it is known."""

    code = "card_invalid"
    kind = Kind.INVALID
    sentence = N_("The metadata of the card is not valid: {reason}.")
    hint = N_("Correct the YAML between the two lines of '---' at the top of README.md.")


class CommitMalformed(DomainError):
    """The description of a commit is not what the protocol asks for; `line` counts from 1."""

    code = "commit_malformed"
    kind = Kind.INVALID
    sentence = N_("Line {line} of the commit is not valid: {reason}.")
    hint = N_("Send one JSON object a line, the header first.")


class CommitTooLarge(DomainError):
    """The commit exceeds a limit of one request."""

    code = "commit_too_large"
    kind = Kind.INVALID
    sentence = N_("The commit has more than {most} {unit}.")
    hint = N_("Split it into several commits; upload large files as LFS objects.")


class FileTooLarge(DomainError):
    """A regular file is too large to live in git; it belongs to LFS."""

    code = "file_too_large"
    kind = Kind.INVALID
    sentence = N_("{path} is larger than {most} bytes, the most for a regular file.")
    hint = N_("Upload it as an LFS file.")


class LfsObjectAbsent(DomainError):
    """A commit names an LFS object whose bytes were never uploaded to this repository."""

    code = "lfs_object_absent"
    kind = Kind.INVALID
    sentence = N_("The LFS object {oid} of {path} has not been uploaded to this repository.")
    hint = N_("Upload its bytes first, then send the commit again.")


class LfsSizeWrong(DomainError):
    """The size in the commit is not the size of the object."""

    code = "lfs_size_wrong"
    kind = Kind.INVALID
    sentence = N_("{path} is said to have {said} bytes, but its LFS object has {size}.")
    hint = N_("Send the size of the uploaded object.")


class AttributesRefused(DomainError):
    """A .gitattributes file that git itself would refuse."""

    code = "attributes_refused"
    kind = Kind.INVALID
    sentence = N_("{path} has a line of more than {most} bytes.")
    hint = N_("Shorten the line; git ignores longer ones.")


class MainBranchKept(DomainError):
    """The default branch cannot be deleted."""

    code = "main_branch_kept"
    kind = Kind.INVALID
    sentence = N_("{branch} is the default branch and cannot be deleted.")
    hint = N_("Delete the repository if nothing of it is needed.")


class ConfirmationWrong(DomainError):
    """The name typed to confirm a deletion is not the repository's."""

    code = "confirmation_wrong"
    kind = Kind.INVALID
    sentence = N_("What you typed is not {repo}.")
    hint = N_("Type the full name of the repository to confirm.")
