/** Where in a text of JSON its values are. */

export interface Place {
  /** From 1 on. */
  line: number;
  column: number;
}

/** The text stops being JSON here. */
export class BrokenJson extends Error {
  readonly place: Place;

  constructor(place: Place) {
    super("This is no JSON from here on");
    this.place = place;
  }
}

type Path = readonly (string | number)[];

/** The place of each value of a text, by its path. */
export class Places {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();
  #at = 0;

  /** @throws BrokenJson */
  constructor(text: string) {
    this.#text = text;
    this.#value([]);
    this.#blanks();
    if (this.#at < text.length) throw this.#broken();
  }

  /** Of the value at a path, or of the nearest one around it where there is none. */
  of(path: Path): Place {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsets.get(JSON.stringify(path.slice(0, length)));
      if (offset !== undefined) return placeAt(this.#text, offset);
    }
    return placeAt(this.#text, this.#offsets.get("[]") ?? 0);
  }

  #value(path: Path): void {
    this.#blanks();
    this.#offsets.set(JSON.stringify(path), this.#at);
    const first = this.#text[this.#at];
    if (first === "{") this.#list("}", () => this.#entry(path));
    else if (first === "[") this.#list("]", (index) => this.#value([...path, index]));
    else if (first === '"') this.#string();
    else this.#token(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
  }

  #entry(path: Path): void {
    this.#blanks();
    const key = this.#string();
    this.#blanks();
    this.#token(/:/y);
    this.#value([...path, key]);
  }

  #list(end: string, item: (index: number) => void): void {
    this.#at++;
    this.#blanks();
    if (this.#text[this.#at] === end) {
      this.#at++;
      return;
    }
    for (let index = 0; ; index++) {
      item(index);
      this.#blanks();
      if (this.#text[this.#at] === end) break;
      this.#token(/,/y);
    }
    this.#at++;
  }

  #string(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings
    const token = this.#token(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    return JSON.parse(token);
  }

  #blanks(): void {
    this.#token(/[ \t\r\n]*/y);
  }

  /** Steps over it. @throws BrokenJson where it is not there */
  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw this.#broken();
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #broken(): BrokenJson {
    return new BrokenJson(placeAt(this.#text, this.#at));
  }
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
