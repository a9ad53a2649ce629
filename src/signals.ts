import { readFileSync } from "node:fs";

/** The signals that ask a process to end. */
const ENDING = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
/** One Ctrl-C may come twice, from the terminal and from the parent process. */
const SAME_MILLISECONDS = 300;
/** The bit of SIGHUP in the kernel's sets of signals: proc(5), SigIgn; signal(7). */
const HANGUP_BIT = 1n;

export interface OnSignals {
  /** The process is asked to end. */
  first(signal: string): void;
  /** It is asked again, and shall end at once. */
  second(signal: string): void;
}

/** Listens for the signals that ask this process to end; from the third on there are no others. */
export function onEndingSignals({ first, second }: OnSignals): void {
  let asked: number | null = null;
  let isHurried = false;
  const listen = (signal: string) => {
    const now = performance.now();
    if (asked === null) {
      asked = now;
      first(signal);
    } else if (!isHurried && now - asked > SAME_MILLISECONDS) {
      isHurried = true;
      second(signal);
    }
  };
  for (const signal of ENDING) if (signal !== "SIGHUP" || !isHangupIgnored()) process.on(signal, () => listen(signal));
}

/** Whether this process was started to outlive its terminal, as nohup(1) does. */
function isHangupIgnored(): boolean {
  try {
    const [, ignored = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return (BigInt(`0x${ignored}`) & HANGUP_BIT) !== 0n;
  } catch {
    // No procfs, as on macOS.
    return false;
  }
}
