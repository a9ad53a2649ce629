import type { HttpReply, HttpRequest } from "../../src/connectors/index.ts";

/** Sends webhooks; each thread has one. */
export interface WebhookClient {
  /**
   * Sends a request and reads its reply to the end.
   *
   * @throws StepFailure with a sentence for the run's user when there is no such reply before the signal, ReplyUnread among them;
   *   OutOfDescriptors when this process can't open a connection right now
   */
  send(request: HttpRequest, signal: Signal, account?: ReplyAccount): Promise<HttpReply>;
  /** Closes all connections. */
  close(): void;
}

/** What calls a request off. An AbortSignal is one; making and listening to those takes a tenth of the CPU of a webhook. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Who accounts for the bytes of a reply. */
export interface ReplyAccount {
  /** So many bytes came. */
  came(bytes: number): void;
  /** What else comes is left to the kernel, since too many bytes of replies are held, or is read again. */
  held(isHeld: boolean): void;
}

/** This process can't open another connection right now: trouble of the platform, not of the step. */
export class OutOfDescriptors extends Error {}
