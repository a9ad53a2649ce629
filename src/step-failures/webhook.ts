/** Failures of webhooks, with their codes (see FailureCode), sentences and reasons. */
export const WEBHOOK_FAILURES = {
  // The same sentence for all refusals: a user must not learn from it which addresses there are in a network.
  address_refused: {
    code: "config",
    sentence:
      "The webhook's address is not one that webhooks may be sent to; the operator of this platform can allow it (WEBHOOK_ALLOW)",
    when: "The host is, or resolves to, an address that is not public, or the port is another protocol's",
  },
  name_not_found: {
    code: "network",
    sentence: "The webhook's host name was not found",
    when: "Three look-ups within five seconds found no address of it",
  },
  lookup_failed: {
    code: "network",
    sentence: "The webhook's host name could not be looked up",
    when: "The name servers did not give an answer, three times within five seconds",
  },
  connection_failed: {
    code: "network",
    sentence: "No connection to the webhook's host could be made",
    when: "None of its addresses took a connection, three times within five seconds",
  },
  tls_failed: {
    code: "network",
    sentence: "The webhook's host did not complete the TLS handshake",
    when: "Three times within five seconds; also where the port does not speak TLS at all",
  },
  certificate_untrusted: {
    code: "network",
    sentence:
      "The certificate of the webhook's host is not signed by an authority that is trusted here (WEBHOOK_CA_FILE can add one)",
    when: "It is signed by itself or by a private authority, or an intermediate certificate is missing",
  },
  certificate_name: {
    code: "network",
    sentence: "The certificate of the webhook's host is for another name",
    when: "The name or address in the URL is not among the certificate's",
  },
  certificate_time: {
    code: "network",
    sentence: "The certificate of the webhook's host has expired or is not valid yet",
    when: "Or the clock of this machine is wrong",
  },
  no_reply: {
    code: "network",
    sentence: "The connection to the webhook's host was closed before a reply came",
    when: "The request was on its way: the receiver may have acted on it",
  },
  reply_cut: {
    code: "network",
    sentence: "The webhook's reply broke off before its end",
    when: "The connection was closed or reset before the length that the reply had named, or its last chunk",
  },
  reply_not_http: {
    code: "network",
    sentence: "The webhook's host did not reply in HTTP/1.1",
    when: "What came is no reply, or contradicts itself about its length",
  },
  reply_head_too_large: {
    code: "output",
    sentence: "The headers of the webhook's reply are over 64 KiB",
    when: "Or its trailers, or the line of a chunk",
  },
  reply_in_small_chunks: {
    code: "output",
    sentence: "The chunks of the webhook's reply bring more framing than content",
    when: "Sizes and extensions of its chunks come to over 512 KiB; its sender writes a few bytes at a time",
  },
  proxy_refused: {
    code: "network",
    sentence: "The proxy did not connect to the webhook's host (status {status})",
    when: "WEBHOOK_PROXY is set, and the proxy does not pass this one on",
  },
  not_answered_in_time: {
    code: "timeout",
    sentence: "The webhook was not answered in time",
    when: "No whole reply came within the step's `timeout`, 30 s where it has none",
  },
  http_status: {
    code: "http",
    sentence: "The webhook was answered with status {status}",
    when: "The status is 300 or above and not in `accept`",
  },
  http_status_alone: {
    code: "http",
    sentence: "The webhook was answered with status {status} and more than 1 MiB, which is left out",
    when: "The same; the body of the reply is larger, as it came or once it is decompressed",
  },
  http_status_unread: {
    code: "http",
    sentence: "The webhook was answered with status {status}; its reply can't be decompressed and is left out",
    when: "The same; the body is not compressed as it says, or in a way that we cannot undo",
  },
  http_redirect: {
    code: "http",
    sentence: "The webhook was answered with status {status}, a redirect to {target} that was not followed",
    when: "Redirects are not followed, or more often than `follow` allows",
  },
  reply_too_large: {
    code: "output",
    sentence: "The webhook's reply is over 1 MiB",
    when: "The body of a reply whose status succeeds is larger, as it came or once it is decompressed",
  },
  reply_corrupt: {
    code: "network",
    sentence: "The webhook's reply is not compressed as its Content-Encoding, {coding}, says, or breaks off",
    when: "Decompressing the body of a reply whose status succeeds fails",
  },
  reply_coding_unknown: {
    code: "output",
    sentence: "The webhook's reply is compressed as {coding}; gzip, deflate, br and zstd are understood",
    when: "The receiver compresses though it was asked not to, in a way that we cannot undo",
  },
  reply_codings: {
    code: "output",
    sentence: "The webhook's reply is compressed more than {count} times",
    when: "Its Content-Encoding is longer than any that makes sense",
  },
} as const;
