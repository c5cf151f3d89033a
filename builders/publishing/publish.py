"""One release, top to bottom: plan → stage → validate → commit → load back → tag.

Each step looks at what is there before it does anything, so a command that was cut off at any
moment is finished by the same command: the plan depends on tags alone, the staged bytes on the
plan, the commit is left out where main holds those bytes, and the tag comes last.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from builders.card_words.catalogue import CardLanguage
from builders.errors import PublishError
from builders.licensing.decide import decide_license
from builders.licensing.facts import LicenseDecision
from builders.output_folder import lock_finished
from builders.publishing.hub import Hub
from builders.publishing.landing import land, land_in_parts, revert_release
from builders.publishing.plan import Remote, plan_release, read_remote, repeat_facts
from builders.publishing.pull_request import merge_into_main, prepare_pull_request
from builders.publishing.release import ReleaseFacts
from builders.publishing.release_changes import read_release_manifest
from builders.publishing.remote import (
    Goal,
    RemoteRepository,
    Tree,
    find_missing,
    tell_paths,
)
from builders.publishing.secret_scan import refuse_secrets
from builders.publishing.stage import (
    Build,
    Stage,
    StagedRelease,
    list_written,
    open_stage,
    stage_build,
    write_release,
)
from builders.publishing.tagging import put_tag
from builders.publishing.validate import check_neighbours, validate_release
from builders.publishing.verify import Load, load_in_child, verify_release
from builders.publishing.versions import AUTO, VersionError, parse_version
from builders.swap import MANIFEST_NAME

MOST_FILES_IN_ONE_COMMIT = 100
_logger = logging.getLogger("build")


class PushOptions(NamedTuple):
    """The variables of `make push-<kind>`."""

    kind: str
    repo: str
    out: Path
    version: str = AUTO
    private: bool = False
    pull_request: bool = False
    seeds_license: str = ""
    license: str = ""
    teacher_terms: Path | None = None
    card_language: CardLanguage | None = None
    not_secret: frozenset[str] = frozenset()
    most_files: int = MOST_FILES_IN_ONE_COMMIT


def publish_dataset(options: PushOptions, hub: Hub, load: Load | None = None) -> None:
    """Publish what OUT holds; see the module's text. `load` loads back, in a child by default.

    Raises BuildError of the boundary that failed: LicenseError, VersionError, PublishError,
    OutputError.
    """
    with lock_finished(options.out, options.kind) as folder, open_stage(folder.root) as stage:
        token = hub.read_token()
        build = stage_build(folder.root, stage)
        decision = decide_license(
            build.manifest,
            seeds_license=options.seeds_license,
            stated=options.license,
            own_terms=options.teacher_terms,
        )
        remote = read_remote(hub, stage.previous)
        _refuse_public(options, remote.repository)
        published = _find_published(build, remote, options, decision, stage)
        if published is not None:
            _tell_published(hub, remote, published)
            return
        facts = plan_release(
            build,
            remote,
            hub.repo,
            options.version,
            decision,
            card_language=options.card_language,
        )
        staged = write_release(build, facts, stage)
        # First, since other messages show names of files.
        refuse_secrets(stage.dataset, options.not_secret, token)
        validate_release(staged, stage.dataset, options.repo)
        _Publication(options, hub, stage, staged, facts, load or _default_load(hub)).run(remote)


def _default_load(hub: Hub) -> Load:
    return lambda order, cache: load_in_child(order, cache, hub.read_token())


def _refuse_public(options: PushOptions, repository: RemoteRepository | None) -> None:
    """First of all, so that PRIVATE=1 is never answered with "nothing to publish"."""
    if options.private and repository is not None and not repository.private:
        raise PublishError(
            f"PRIVATE=1, but {options.repo} exists and is public. Make it private in its "
            "settings, leave PRIVATE out, or publish under another name."
        )


def _find_published(
    build: Build, remote: Remote, options: PushOptions, decision: LicenseDecision, stage: Stage
) -> StagedRelease | None:
    """The latest release, staged, where it is this very one."""
    latest = remote.latest
    if latest is None or options.version not in (AUTO, latest.version):
        return None
    facts = repeat_facts(latest, build, options.repo, decision, options.card_language)
    if facts is None:
        return None
    staged = write_release(build, facts, stage)
    missing = find_missing(latest.tree, Goal(staged.files, frozenset()))
    return None if missing.added else staged


def _tell_published(hub: Hub, remote: Remote, staged: StagedRelease) -> None:
    """Say that nothing is left to do, and whether main holds something else than the release."""
    latest, repository = remote.latest, remote.repository
    if latest is None or repository is None:
        return
    tag = parse_version(latest.version).tag
    _logger.info(
        "%s %s holds this very content (commit %s): there is nothing to publish.",
        hub.repo,
        tag,
        latest.commit[:12],
    )
    if repository.head == latest.commit:
        return
    changed = find_missing(hub.read_tree(repository.head), Goal(staged.files, frozenset())).added
    if changed:
        _logger.warning(
            "main holds other content since (%s): a release that was cut off, or a change of "
            "somebody. Publish that build, or load with revision=%s.",
            tell_paths(changed),
            tag,
        )


class _Publication:
    """The steps that change the repository."""

    def __init__(
        self,
        options: PushOptions,
        hub: Hub,
        stage: Stage,
        staged: StagedRelease,
        facts: ReleaseFacts,
        load: Load,
    ) -> None:
        self._options = options
        self._hub = hub
        self._stage = stage
        self._staged = staged
        self._facts = facts
        self._load = load
        self._title = f"Release {facts.tag}"

    def run(self, remote: Remote) -> None:
        """From the first request that changes something to the tag."""
        head = self._open_repository(remote)
        tree = self._hub.read_tree(head)
        goal = Goal(self._staged.files, self._list_own(remote, tree, head))
        check_neighbours(self._staged, tree, goal, self._options.repo)
        commit = self._bring_to_main(goal, tree, head)
        if commit is None:
            return
        put_tag(self._hub, self._facts.tag, commit, f"{self._title}\n\n{self._describe()}")
        _logger.info(
            "published: %s, tag %s, commit %s", self._hub.url, self._facts.tag, commit[:12]
        )

    def _bring_to_main(self, goal: Goal, tree: Tree, head: str) -> str | None:
        """Main's head, which holds the release and loads; None where somebody else is to merge."""
        missing = find_missing(tree, goal)
        if missing.is_empty:
            _logger.info("main holds the files of %s already", self._facts.tag)
        elif self._options.pull_request or len(missing.added) > self._options.most_files:
            return self._go_through_pull_request(goal)  # loaded back before the merge
        else:
            head = land(self._hub, goal, (self._title, self._describe()), head)
        self._verify_main(goal, head)
        return head

    def _open_repository(self, remote: Remote) -> str:
        """The head of main of a repository that exists from now on."""
        if remote.repository is None:
            self._hub.create_repository(private=self._options.private)
            made = self._hub.read_repository()
            if made is None:
                raise PublishError(
                    f"{self._options.repo} was made, but {self._hub.url} does not show it. Run the "
                    "same command again."
                )
            _refuse_public(self._options, made)  # somebody else may have made it in between
            return made.head
        return remote.repository.head

    def _list_own(self, remote: Remote, tree: Tree, head: str) -> frozenset[str]:
        """Paths that releases of ours wrote: the latest, and one that has no tag yet."""
        own = set()
        if remote.latest is not None:
            own |= set(list_written(remote.latest.manifest))
        known = remote.latest.tree.get(MANIFEST_NAME) if remote.latest is not None else None
        if MANIFEST_NAME in tree and tree[MANIFEST_NAME] != known:
            own |= set(self._read_own(head))
        return frozenset(own)

    def _read_own(self, commit: str) -> Iterator[str]:
        """The paths of an untagged manifest; nothing where it is not ours."""
        content = self._hub.read_file(MANIFEST_NAME, commit)
        try:
            manifest = read_release_manifest(content, f"commit {commit[:12]}")
        except VersionError:
            return  # somebody else's file of this name: `check_neighbours` decides
        if manifest.release is not None:
            yield from list_written(manifest)

    def _go_through_pull_request(self, goal: Goal) -> str | None:
        """Main's head after the merge; None with PR=1, where somebody else merges."""
        words = (self._title, self._describe())
        request = prepare_pull_request(self._hub, words)
        started = self._hub.read_head(request.ref)
        own = goal.own
        tree = self._hub.read_tree(started)
        if MANIFEST_NAME in tree:  # what an earlier, other attempt brought
            own |= frozenset(self._read_own(started))
        whole = Goal(goal.files, own)
        head = land_in_parts(self._hub, whole, words, request.ref, self._options.most_files)
        faults = self._verify(whole, head)
        if faults:
            self._hub.set_pull_request(request.number, is_open=False)
            raise PublishError(
                f"pull request {request.number} does not pass the check that loads it back: "
                f"{'; '.join(faults[:5])}. It was closed; main is as it was, and there is no tag."
            )
        if request.is_draft:
            self._hub.set_pull_request(request.number, is_open=True)
        if not self._options.pull_request:
            return merge_into_main(self._hub, request.number, goal)
        _logger.info(
            "pull request %s/discussions/%d holds %s and loads. Merge it, then run the same "
            "command again: it verifies main and sets the tag.",
            self._hub.url,
            request.number,
            self._facts.tag,
        )
        return None

    def _verify(self, goal: Goal, commit: str) -> list[str]:
        cache = Path(tempfile.mkdtemp(dir=self._stage.cache))
        return verify_release(self._hub, self._staged, goal, commit, self._load, cache)

    def _verify_main(self, goal: Goal, head: str) -> None:
        """Load main back; where it fails, undo the release and raise."""
        faults = self._verify(goal, head)
        if not faults:
            return
        reverted = revert_release(self._hub, self._title)
        done = (
            f"It was reverted by commit {reverted[:12]}"
            if reverted is not None
            else "Its commits could not be told from others, so main was left as it is"
        )
        raise PublishError(
            f"{self._facts.tag} of {self._options.repo} does not pass the check that loads it "
            f"back: {'; '.join(faults[:5])}. {done}, and there is no tag. Nothing is wrong with "
            "earlier releases. Mend the cause, then run the same command again."
        )

    def _describe(self) -> str:
        """The commit's description; the same for the same release."""
        rows = self._staged.manifest.rows.published
        changes = self._facts.changes
        since = "" if changes is None else f" Changes since {changes.since} are in README.md."
        return f"{rows:,} rows, content digest {self._staged.manifest.content_digest}.{since}"
