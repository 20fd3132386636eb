//! Files that a team writes, shown with everything that can stand in them (`harness explain`).

/// What a baseline says.
pub(super) const BASELINES: &str = "\
baseline: 1
entries:
  - scenario: chatroom/*      # a case's name: `*` within a folder, `**` across, `[axis=value]` one case, `\\*` a star
    requirement: CHRM-012     # optional: only findings that break it
    kind: failing             # failing (default), flaky, could-not-run, unsupported
    reason: entries are reported after the join callback
    issue: https://tracker.example/42   # optional: where it is tracked
    owner: chat team          # optional: who looks after it
    until: 2027-03-01         # optional: the last day on which it holds, UTC; after it the entry is an error
  - scenario: reconnect/late
    kind: flaky               # neither result decides
    rate: 20%                 # optional: fails at most so often; what chance does not explain is red
    reason: the network thread is late at times
A client's file is fixtures/baselines/CLIENT.yaml, or what `baseline` in harness.toml or --baseline says. A known failure that
passes is red; an entry by pattern says nothing of cases that the client does not support. NAME+real, in real time, and NAME+comet, by
another transport, go by NAME's file, too; where their own speaks of the same cases, that counts.
";
/// What a team's settings say.
pub(super) const SETTINGS: &str = "\
clients = [\"ours\", \"reference\"]        # who is tested unless --client says otherwise
paths = [\"conformance\"]                # which scenarios, unless paths are given

[client.ours]
command = \"node adapter.mjs --flag\"    # as --client takes it; left out, NAME is a client that the harness knows
name = \"ours@2.1\"                      # in reports; NAME itself if left out
baseline = \"conformance/ours.yaml\"     # its known deviations; fixtures/baselines/NAME.yaml if left out
areas = [\"message\", \"CHRM\"]          # only these folders of scenarios, or areas of requirements
exclude = [\"ultragroup\"]               # not what contains one of these
patience = \"2m\"                        # these as --patience, --slow, --retries, --jobs, which win over them
slow = 2
retries = 1
jobs = 4
The file is harness.toml in the current folder or the nearest one above; --config names another. Paths are those beside it, and so
is each word of `command` that names a file there.
";
