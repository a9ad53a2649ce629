/** Failures of steps that repeat their steps; part of the table of step-failures.ts. */
export const ITERATION_FAILURES = {
  loop_limit: {
    code: "loop_limit",
    sentence: "The loop was not over after {count} iterations",
    when: "Its `max_iterations` were over and its condition asked for another; `on_limit` can have the run go on",
  },
  too_many_failures: {
    code: "too_many_failures",
    sentence: "{failed} of {total} iterations failed",
    when: "More than `max_failures` of the map allows; `error_details.details.first` has the error of the first",
  },
  too_many_items: {
    code: "limit",
    sentence: "The map has {count} items, over 10,000",
    when: "The list that `items` gives is longer",
  },
  items_changed: {
    code: "config",
    sentence: "The items of the map are not those that it began with",
    when: "Another version of the platform went on with the run, and `items` gives another list there",
  },
  too_many_steps: {
    code: "limit",
    sentence: "The run has executed 100,000 steps",
    when: "In all iterations and attempts together; what was under way is `skipped`",
  },
} as const;
