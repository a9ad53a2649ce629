/** Looks for sections of the documents by their words. */
import { GUIDE_NAMES, type GuideName, guideText } from "./guides.ts";

interface Section {
  guide: GuideName;
  heading: string;
  text: string;
  /** How often each word is in it. */
  words: Map<string, number>;
}

export interface Found {
  /** The document and the heading in it. */
  place: string;
  text: string;
}

const MOST_FOUND = 4;
const MOST_CHARACTERS = 4000;
/** A word of the heading says more than one of the text. */
const OF_HEADING = 8;
/** More of the same word says no more. */
const MOST_OF_WORD = 4;

let sections: readonly Section[] | null = null;

/** The sections that fit best, best first; none where no word is in any. */
export function searchGuides(query: string): Found[] {
  sections ??= GUIDE_NAMES.flatMap((guide) => sectionsOf(guide, guideText(guide)));
  const all = sections;
  const asked = [...new Set(wordsOf(query))].map((word) => {
    const count = all.filter(({ words }) => words.has(word)).length;
    return { word, weight: count === 0 ? 0 : Math.log(1 + all.length / count) };
  });
  return all
    .map((section) => ({ section, score: scoreOf(section, asked) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST_FOUND)
    .map(({ section: { guide, heading, text } }) => ({
      place: `docs/${guide}: ${heading}`,
      text: text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text,
    }));
}

function scoreOf({ heading, words }: Section, asked: { word: string; weight: number }[]): number {
  const ofHeading = new Set(wordsOf(heading));
  return asked.reduce((sum, { word, weight }) => {
    const count = Math.min(words.get(word) ?? 0, MOST_OF_WORD);
    return sum + weight * (count + (ofHeading.has(word) ? OF_HEADING : 0));
  }, 0);
}

function sectionsOf(guide: GuideName, text: string): Section[] {
  return text.split(/^(?=#{1,3} )/m).flatMap((part) => {
    const heading = /^#{1,3} (.+)/.exec(part)?.[1] ?? "";
    const words = new Map<string, number>();
    for (const word of wordsOf(part)) words.set(word, (words.get(word) ?? 0) + 1);
    return heading === "" ? [] : [{ guide, heading, text: part.trim(), words }];
  });
}

/** Lower case, without the s of a plural. */
function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(/[a-z_][a-z0-9_]{1,40}/g) ?? []).map((word) => word.replace(/(?<=[a-z]{3})s$/, ""));
}
