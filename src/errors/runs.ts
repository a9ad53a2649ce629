/** Errors of requests about runs: see ERRORS. */
export const RUN_ERRORS = {
  run_not_found: { status: 404, retryable: false, sentence: () => "Workflow run not found" },
  step_not_found: {
    status: 404,
    retryable: false,
    sentence: (address: string) => `No step ${address} of this run has begun`,
  },
  step_without_items: {
    status: 404,
    retryable: false,
    sentence: (address: string) => `The step ${address} has no items: it is no map`,
  },
  run_not_ended: {
    status: 409,
    retryable: false,
    sentence: () => "The run has not ended; cancel it, or wait for its end",
  },
  run_undone: {
    status: 409,
    retryable: false,
    sentence: (address: string) => `Step ${address} was undone; a retry has to begin there, or before it`,
  },
  run_cancelling: {
    status: 409,
    retryable: false,
    sentence: () => "The run is being cancelled, which can't be paused; wait for its end",
  },
  run_ended: { status: 409, retryable: false, sentence: () => "The run has ended; nothing can be sent to it any more" },
} as const;
