/** What "Try it out" is prefilled with: sent in this order, all work on a fresh platform. */
export const WORKFLOW_EXAMPLE = {
  id: "example_workflow",
  name: "Greets, and says so a second later",
  description: "Two transforms with a delay between them",
  steps: [
    { name: "greet", type: "transform", config: { value: { text: "Hello ${payload.name}" } } },
    { name: "wait", type: "delay", config: { duration: 1 } },
    { name: "report", type: "transform", config: { value: "Said: ${greet.value.text}" } },
  ],
};
export const EXPRESSION_EXAMPLE = {
  expression: "payload.items.filter(i, i.count > 0).map(i, i.price * i.count).sum()",
  context: { payload: { items: [{ price: 2.5, count: 4 }] } },
};
export const TEST_EXAMPLE = {
  definition: {
    name: "Asks until it is done",
    steps: [
      {
        name: "ask",
        type: "webhook",
        retry: { on: ["5xx"], initial_interval: 60 },
        config: { method: "GET", url: "https://example.com/jobs/${payload.job}" },
      },
    ],
  },
  payload: { job: 7 },
  mocks: { ask: [{ status: 503 }, { status: 200, body: { done: true } }] },
};
export const TRIGGER_EXAMPLE = { workflow_id: WORKFLOW_EXAMPLE.id, payload: { name: "Ada" } };

/** A schedule, as the document shows it. */
export const SCHEDULE_EXAMPLE = {
  id: "nightly",
  workflow_id: WORKFLOW_EXAMPLE.id,
  cron: "30 2 * * *",
  timezone: "Europe/Berlin",
  payload: { name: "whoever reads this at ${schedule.time}" },
};

/** A hook, as the document shows it. */
export const HOOK_EXAMPLE = {
  workflow_id: WORKFLOW_EXAMPLE.id,
  verify: { scheme: "github", secret: "a secret of both sides" },
  filter: 'body.action == "opened"',
};
