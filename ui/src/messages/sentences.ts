// Sentences that come from below the window, from errors to the names of acts: Rust says them in English, and they are translated by their
// English templates, as gettext does. `sentences/xx.ts` has what a language says; English has no file.
//
// A key is a sentence as it stands in Rust, its holes named for whoever translates: the names need not be those of Rust. What stands in a hole
// is translated too where it is a sentence itself, as a cause is; anything else stays as it is, and so does a sentence that no key fits.
// A key `hole|word` says a word of Rust where it stands in a hole of that name, and nowhere else: `doing|read`. A hole that has words of its own
// holds none but those.

/** What a language says, by the English templates. */
export type Sentences = Readonly<Record<string, string>>;

/** Says what stands in holes of a name: what the record's properties are called, for `{property}`. */
export type Sayings = Readonly<Record<string, (text: string) => string>>;

/** A template: its fixed text, one piece more than there are holes, and what the language says. */
interface Template {
  pieces: readonly string[];
  holes: readonly string[];
  said: string;
}

/** The templates that are looked for in one place: among whole sentences, or in holes of one name. */
interface Table {
  whole: Map<string, Template>;
  /** By a word of their fixed text, so that a sentence is held against those few that share a word with it. */
  byWord: Map<string, Template[]>;
  /** Those that have no such word, longest first. */
  others: Template[];
}

const HOLE = /\{(\w+)\}/g;
const WORD = /\p{L}+/gu;

const length = ({ pieces }: Template): number => pieces.join("").length;
const longestFirst = (one: Template, other: Template): number => length(other) - length(one);
/** Such as `{place}: {cause}`, which fits almost anything. */
const isBare = ({ pieces }: Template): boolean => !/\p{L}/u.test(pieces.join(""));

/** The longest word of the fixed text. One that touches a hole does not count: in a sentence it may be a part of a longer one. */
function ownWord({ pieces }: Template): string | undefined {
  const words = pieces.flatMap((piece, place) =>
    [...piece.matchAll(WORD)]
      .filter(({ 0: word, index }) => (index > 0 || place === 0) && (index + word.length < piece.length || place === pieces.length - 1))
      .map(([word]) => word),
  );
  return words.sort((one, other) => other.length - one.length)[0];
}

/** What stands in the holes of a sentence, each as short as can be; null where the template does not fit all of it. `from` is where the first hole may end. */
function fit({ pieces }: Template, text: string, from = 0): string[] | null {
  const [head = "", ...rest] = pieces;
  const tail = rest.pop() ?? "";
  if (!text.startsWith(head)) return null;
  const held: string[] = [];
  let at = head.length;
  for (const piece of rest) {
    const next = text.indexOf(piece, Math.max(at, held.length === 0 ? from : 0));
    if (next < 0) return null;
    held.push(text.slice(at, next));
    at = next + piece.length;
  }
  const end = text.length - tail.length;
  if (end < at || !text.endsWith(tail)) return null;
  return [...held, text.slice(at, end)];
}

/** Reads a language's templates once; what is returned says a sentence by them. */
export function translator(sentences: Sentences): (text: string, sayings: Sayings) => string {
  const tables = new Map<string, Table>();
  const bare: Template[] = [];
  for (const [key, said] of Object.entries(sentences)) {
    const [, place = "", english = ""] = /^(?:(\w+)\|)?(.*)$/s.exec(key) ?? [];
    const table: Table = tables.get(place) ?? { whole: new Map(), byWord: new Map(), others: [] };
    tables.set(place, table);
    const template: Template = { pieces: english.split(/\{\w+\}/), holes: [...english.matchAll(HOLE)].map(([, name = ""]) => name), said };
    const word = ownWord(template);
    if (template.holes.length === 0) table.whole.set(english, template);
    else if (isBare(template)) bare.push(template);
    else if (word === undefined) table.others.push(template);
    else table.byWord.set(word, [...(table.byWord.get(word) ?? []), template]);
  }

  /** The template with the most fixed text of those that fit, and what stands in its holes. */
  const find = (table: Table | undefined, text: string): [Template, string[]] | undefined => {
    const whole = table?.whole.get(text);
    if (whole !== undefined) return [whole, []];
    if (table === undefined) return undefined;
    const words = new Set(text.match(WORD));
    const candidates = [...words].flatMap((word) => table.byWord.get(word) ?? []).concat(table.others).sort(longestFirst);
    for (const template of candidates) {
      const held = fit(template, text);
      if (held?.every((content, place) => mayHold(template.holes[place] ?? "", content))) return [template, held];
    }
    return undefined;
  };

  const mayHold = (name: string, text: string): boolean => !tables.has(name) || find(tables.get(name), text) !== undefined;

  const known = (name: string, text: string): [Template, string[]] | undefined => find(tables.get(name), text) ?? find(tables.get(""), text);

  /** A bare template fits where one of its holes holds what is known. File names have colons and brackets too, so each is tried. */
  const findBare = (text: string): [Template, string[]] | undefined => {
    for (const template of bare) {
      for (let from = 0; ; ) {
        const held = fit(template, text, from);
        if (held === null) break;
        if (held.some((content, place) => known(template.holes[place] ?? "", content) !== undefined)) return [template, held];
        from = (template.pieces[0]?.length ?? 0) + (held[0]?.length ?? 0) + 1;
      }
    }
    return undefined;
  };

  return (text, sayings) => {
    const inHole = (name: string, content: string): string => {
      const saying = Object.hasOwn(sayings, name) ? sayings[name] : undefined;
      if (saying !== undefined) return saying(content);
      const found = known(name, content) ?? findBare(content);
      if (found === undefined) return content;
      const [{ holes, said }, held] = found;
      return said.replace(HOLE, (hole, called: string) => {
        const place = holes.indexOf(called);
        return place < 0 ? hole : inHole(called, held[place] ?? "");
      });
    };
    return inHole("", text);
  };
}
