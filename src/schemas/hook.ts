import { type Static, Type } from "@sinclair/typebox";
import { WorkflowReference } from "../language/definition/reference.ts";

const time = Type.String({ format: "date-time" });
const uuid = Type.String({ format: "uuid" });

/** How senders sign what they send. */
export const SCHEMES = ["standard", "github", "stripe"] as const;
export type Scheme = (typeof SCHEMES)[number];

const scheme = Type.Union(
  SCHEMES.map((name) => Type.Literal(name)),
  { description: "standard: Standard Webhooks; github: X-Hub-Signature-256; stripe: Stripe-Signature" },
);

/** How the deliveries of a hook are verified. */
export const HookVerification = Type.Object(
  {
    scheme,
    secret: Type.String({
      minLength: 8,
      maxLength: 512,
      description: "That the sender signs with; of standard base64, with whsec_ before it or without",
    }),
  },
  { additionalProperties: false, title: "HookVerification" },
);
export type HookVerification = Static<typeof HookVerification>;

/** A hook as it is sent. */
export const HookInput = Type.Object(
  {
    workflow_id: WorkflowReference,
    verify: Type.Optional(HookVerification),
    filter: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4096,
        description:
          "An expression over method, headers, query and body: a delivery for which it is false starts nothing",
        examples: ['body.action == "opened"'],
      }),
    ),
  },
  { additionalProperties: false, title: "HookInput" },
);
export type HookInput = Static<typeof HookInput>;

/** What is shown of a verification. */
export const HookScheme = Type.Object({ scheme }, { title: "HookScheme" });

/** A hook as it is shown: without its token and its secret. */
export const Hook = Type.Object(
  {
    id: uuid,
    workflow_id: Type.String(),
    verify: Type.Union([HookScheme, Type.Null()]),
    filter: Type.Union([Type.String(), Type.Null()]),
    created_at: time,
    rotated_at: Type.Union([time, Type.Null()]),
  },
  { title: "Hook" },
);
export type Hook = Static<typeof Hook>;

/** A hook with its token, which is told this once. */
export const HookToken = Type.Object(
  { id: uuid, token: Type.String(), url: Type.String({ format: "uri" }) },
  { title: "HookToken" },
);
export type HookToken = Static<typeof HookToken>;
