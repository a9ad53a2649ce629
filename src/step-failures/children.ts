/** Failures of steps that start runs, as in `step-failures.ts`. */
export const CHILD_FAILURES = {
  child_failed: {
    code: "child",
    sentence: "The run {run} {sentence}",
    when: "The run that a `workflow` step started failed or was cancelled; `error_details.details` is `{run_id, status, error}`",
  },
  child_missing: {
    code: "child",
    sentence: "Workflow {workflow} not found, so that no run of it was started",
    when: "Of a `workflow` step; `error_details.details.reason` is `workflow_not_found`",
  },
  child_version_missing: {
    code: "child",
    sentence: "Workflow {workflow} has no such version, so that no run of it was started",
    when: "Of a `workflow` step; `error_details.details.reason` is `version_not_found`",
  },
  child_input: {
    code: "invalid_input",
    sentence: "The payload does not fit workflow {workflow}: {place}: {fault}",
    when: "Of a `workflow` step: `input` of that workflow, or a key of its `concurrency` or `rate_limit`; `error_details.details.faults` has all of it",
  },
  child_limit: {
    code: "limit",
    sentence: "{count} runs of workflow {workflow} are under way or waiting, as many as it allows",
    when: 'Of a `workflow` step whose workflow has `concurrency` with `on_limit: "reject"`',
  },
  child_too_deep: {
    code: "limit",
    sentence: "16 runs have started one another up to here",
    when: "Of a `workflow` step: a workflow may start runs of itself, but not for ever",
  },
  too_many_children: {
    code: "limit",
    sentence: "The run has started 10,000 runs",
    when: "Of a `workflow` step, over all of a run and their attempts",
  },
} as const;
