/** What errors of sockets and look-ups mean. */
import { closeSync, openSync } from "node:fs";
import { StepFailure } from "../../../src/connectors/index.ts";
import { codeOf } from "../../../src/errors.ts";
import { describeFailure, type FailureName, type Subjects } from "../../../src/step-failures.ts";
import { OutOfDescriptors } from "../port.ts";

/** Nothing of the request can have been acted on: it may be sent again. */
export class NotReached extends StepFailure {
  constructor(failure: { code: StepFailure["code"]; error: string }) {
    super(failure.code, failure.error);
  }

  static because<Name extends FailureName>(name: Name, subjects: Subjects<Name>): NotReached {
    return new NotReached(describeFailure(name, subjects));
  }
}

/** A connection that was kept open had been closed by the receiver: worth another try at once. */
export class Stale extends NotReached {
  constructor() {
    super(describeFailure("no_reply", {}));
  }
}

/** The same certificate would come again, so nothing is sent again. */
const CERTIFICATES: Record<string, "certificate_untrusted" | "certificate_name" | "certificate_time"> = {
  ERR_TLS_CERT_ALTNAME_INVALID: "certificate_name",
  CERT_HAS_EXPIRED: "certificate_time",
  CERT_NOT_YET_VALID: "certificate_time",
  CERT_REJECTED: "certificate_untrusted",
  CERT_REVOKED: "certificate_untrusted",
  CERT_UNTRUSTED: "certificate_untrusted",
  DEPTH_ZERO_SELF_SIGNED_CERT: "certificate_untrusted",
  INVALID_CA: "certificate_untrusted",
  INVALID_PURPOSE: "certificate_untrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "certificate_untrusted",
  UNABLE_TO_GET_ISSUER_CERT: "certificate_untrusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "certificate_untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "certificate_untrusted",
};
const CONNECTING =
  /^E(CONNREFUSED|CONNABORTED|TIMEDOUT|HOSTUNREACH|NETUNREACH|HOSTDOWN|NETDOWN|ADDRNOTAVAIL|ACCES|PERM|INVAL)$/;
const NO_SUCH_NAME = /^(DNS_)?E(AI_)?(NOTFOUND|NONAME|NODATA)$/;
const DESCRIPTORS = /^E(MFILE|NFILE|NOBUFS|NOMEM)$/;

/** The failure of a connection that could not be made. */
export function connectFailure(error: unknown): Error {
  if (error instanceof StepFailure) return error;
  const code = codeOf(error);
  const certificate = CERTIFICATES[code];
  if (certificate !== undefined) return StepFailure.of(certificate, {});
  if (isOutOfDescriptors(code)) return new OutOfDescriptors();
  return NotReached.because(CONNECTING.test(code) ? "connection_failed" : "tls_failed", {});
}

/** The failure of a look-up. */
export function lookupFailure(error: unknown): Error {
  if (error instanceof StepFailure) return error;
  const code = codeOf(error);
  if (isOutOfDescriptors(code)) return new OutOfDescriptors();
  return NotReached.because(NO_SUCH_NAME.test(code) ? "name_not_found" : "lookup_failed", {});
}

/** Bun says "refused" or "not found" of a socket that it could not even open: whether one can be is tried. */
function isOutOfDescriptors(code: string): boolean {
  if (DESCRIPTORS.test(code)) return true;
  try {
    closeSync(openSync("/dev/null", "r"));
    return false;
  } catch (error) {
    return DESCRIPTORS.test(codeOf(error));
  }
}
