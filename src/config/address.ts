/**
 * The form that addresses of services share: scheme://user:password@host:port/path?query. They hold passwords, so that no
 * sentence here repeats any part of one.
 */
import { isIP } from "node:net";
import { StartError } from "../errors.ts";

/** The parts of an address, decoded except path and query; null for parts that it does not have. */
export interface AddressParts {
  scheme: string;
  user: string | null;
  password: string | null;
  /** Without brackets; null where none is named; the folder of a socket where it begins with a slash. */
  host: string | null;
  port: number | null;
  path: string;
  query: string;
}

const ENCODE = "in user and password write % / ? # @ : percent-encoded, such as %23 for #, or set the password apart";

/**
 * Takes an address apart.
 *
 * The authority ends at the first / ? or # (RFC 3986, 3.2). Where a password has one of those unescaped, a part of it would
 * be taken for a host and asked of a name server: an @ behind the authority is refused.
 *
 * @param shape what such an address looks like, for the sentence
 * @throws StartError naming the setting, without any part of its value
 */
export function partsOf(setting: string, text: string, shape: string): AddressParts {
  const match = /^([a-z]+):\/\/([^/?]*)(?:\/([^?@]*))?(?:\?(.*))?$/.exec(plain(setting, text));
  const [, scheme = "", authority = "", path = "", query = ""] = match ?? [];
  const at = authority.lastIndexOf("@");
  const [, user = "", , password = ""] = /^([^:]*)(:(.*))?$/.exec(authority.slice(0, Math.max(0, at))) ?? [];
  const place = decoded(setting, authority.slice(at + 1));
  const [, name, , port = ""] = /^(\[.*\]|[^:]*)(:(\d*))?$/.exec(place) ?? [];
  const host = name === undefined ? null : hostOf(name);
  const fits = name === "" ? port === "" : host !== null || name?.startsWith("/");
  if (match === null || text.includes("#") || !fits) {
    throw new StartError(`${setting} is not an address like ${shape}, with one host (IPv6 in brackets); ${ENCODE}`);
  }
  if (port !== "" && (Number(port) < 1 || Number(port) > 65_535)) {
    throw new StartError(`${setting} has a port that is none; ports go from 1 to 65535`);
  }
  return {
    scheme,
    user: user === "" ? null : decoded(setting, user),
    password: password === "" ? null : decoded(setting, password),
    host: name === "" ? null : (host ?? name ?? null),
    port: port === "" ? null : Number(port),
    path,
    query,
  };
}

/** The host that a text names, an IPv6 address without its brackets; null where it names none. */
export function hostOf(text: string): string | null {
  const bracketed = /^\[(.*)\]$/.exec(text)?.[1];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? bracketed : null;
  const isName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?$/.test(text);
  return isName || isIP(text) !== 0 ? text : null;
}

/** A host as it is written before a port. */
export function written(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Undoes percent-encoding. @throws StartError naming the setting alone. */
export function decoded(setting: string, text: string): string {
  let plainText: string;
  try {
    plainText = decodeURIComponent(text);
  } catch {
    throw new StartError(`${setting} has a "%" that begins no percent-encoded character; write %25 for a "%"`);
  }
  return plain(setting, plainText);
}

/** The same text. @throws StartError where it has a control character: it would end a value in the protocols of services. */
export function plain(setting: string, text: string): string {
  if (/\p{Cc}/u.test(text)) {
    throw new StartError(`${setting} holds a control character, such as a line break; take it out`);
  }
  return text;
}
