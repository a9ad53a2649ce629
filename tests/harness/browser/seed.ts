/** Runs in every state, for suites and pictures of the page. */
import type { Client } from "../http/client.ts";
import { expectReply } from "../http/expect.ts";
import { textAt } from "../http/json.ts";

const set = (name: string, value: unknown) => ({ name, type: "transform", config: { value } });

/** Workflows whose runs come to every status; `sink` is where their webhooks go. */
function definitions(sink: string): Record<string, object> {
  return {
    welcome: {
      name: "Welcome",
      steps: [
        set("greet", "Hello ${payload.name}"),
        { name: "breathe", type: "delay", config: { duration: 0.05 } },
        set("measure", { said: "${greet.value}" }),
      ],
    },
    sync_orders: {
      name: "Sync orders of all shops into the books, every quarter of an hour",
      steps: [
        set("orders", [1, 2, 3]),
        {
          name: "checks",
          type: "parallel",
          config: {
            branches: [
              { name: "stock", steps: [set("count", 3)] },
              {
                name: "address",
                steps: [{ name: "pause", type: "delay", config: { duration: 0.02 } }, set("ok", true)],
              },
            ],
          },
        },
        {
          name: "items",
          type: "map",
          config: {
            items: "${orders.value}",
            steps: [set("price", "${item}"), { name: "settle", type: "delay", config: { duration: 0.01 } }],
          },
        },
        {
          name: "charge",
          type: "webhook",
          retry: { max_attempts: 3, initial_interval: 0.05, on: ["5xx"] },
          config: { method: "POST", url: `${sink}/charge`, body: { amount: 1900, currency: "EUR" } },
        },
        set("notify", "done"),
      ],
    },
    approve_refund: {
      name: "Approve a refund",
      steps: [
        set("ask", "please"),
        { name: "approval", type: "wait", timeout: "P3D", config: { signal: "approved" } },
        set("paid", true),
      ],
    },
    nightly: {
      name: "Nightly report",
      steps: [{ name: "sleep", type: "delay", config: { duration: 7200 } }, set("report", 1)],
    },
  };
}

/** Makes the workflows, and some runs of each; gives a run's id by the state that it is in. */
export async function seed(api: Client, sink: string, each = 1): Promise<Record<string, string>> {
  for (const [id, definition] of Object.entries(definitions(sink))) {
    expectReply(await api.put(`/api/v1/workflows/${id}?create=true`, { id, ...definition }), 200);
  }
  const runs: Record<string, string> = {};
  const trigger = async (state: string, workflow: string, payload: unknown) => {
    const reply = await api.post("/api/v1/trigger", { workflow_id: workflow, payload });
    expectReply(reply, 200);
    runs[state] = textAt(reply.body, "run_id");
  };
  for (let count = 0; count < each; count++) {
    await trigger("success", "welcome", { name: "Ada" });
    await trigger("failed", "sync_orders", {
      customer: { name: "Ada Lovelace", address: { city: "London" } },
      orders: [7, 8, 9],
    });
    await trigger("waiting", "approve_refund", { refund: 12 });
    await trigger("asleep", "nightly", {});
    await trigger("paused", "nightly", {});
    await api.post(`/api/v1/runs/${runs.paused}/pause`, {});
    await trigger("cancelled", "approve_refund", { refund: 13 });
    await api.post(`/api/v1/runs/${runs.cancelled}/cancel`, { reason: "asked for twice" });
  }
  await api.untilEnded(runs.failed ?? "");
  await api.untilEnded(runs.success ?? "");
  return runs;
}
