// A small pretended workbench for working on the look in a plain browser: `npm run dev:mock`. Never part of the program.

import { mockIPC, mockWindows } from "@tauri-apps/api/mocks";
import type {
  AnswerEvent, AnswerView, Badge, BatchRequest, ExchangeView, FacetsView, JobView, LibraryView, PassageView, PromptView, RegionContentView, RegionView, ScaleView, SentenceView, StatementView, TalkRequest, TalkSettings, TrackRecordView, WaitingView, WorkCard,
  WorkFilter, WorkView,
} from "./lib/bindings/workbench";

const TITLES = [
  "The harbour at dusk", "Still life with quinces", "Woman reading by a window", "Storm over the polder", "Study of hands",
  "The mill at Ruurlo", "Peonies", "Portrait of a surgeon", "Bathers", "Winter, the frozen canal", "Saint Jerome in his study", "A street in Arles",
];
const STYLES = ["Impressionism", "Post-Impressionism", "Realism", "Symbolism", "Baroque", "Romanticism"];
const BADGES: Badge[] = ["new", "suggested", "in-review", "complete"];

const cards: WorkCard[] = Array.from({ length: 180 }, (_, index) => {
  const badge = BADGES[index % 4] ?? "new";
  return {
    id: index + 1,
    title: index % 4 === 3 ? (TITLES[index % 12] ?? "") : `IMG_${String(4100 + index)}.jpg`,
    artist: index % 8 === 3 ? "Anna Ancher" : null,
    fileName: `IMG_${4100 + index}.jpg`,
    scan: index + 1,
    aspect: [0.75, 1.4, 1, 1.25, 0.66][index % 5] ?? 1,
    badge,
    waiting: badge === "complete" || badge === "new" ? 0 : 5 - (index % 3),
  };
});

const statement = (id: number, property: string, value: string | null, confidence: number | null, more: Partial<StatementView> = {}): StatementView => ({
  id, property, value, confidence, rawConfidence: confidence === null ? null : Math.min(0.99, confidence + 0.12), qualifier: null, concept: null,
  likelihood: confidence === null ? null : confidence >= 0.85 ? "very-likely" : confidence >= 0.6 ? "probably" : confidence >= 0.35 ? "possibly" : "doubtful",
  source: { kind: "pack", name: "compact 1" }, state: "suggested", alternatives: [], reason: null, evidence: [], decidedBy: null, changedAt: new Date().toISOString(), ...more,
});

const records = new Map<number, StatementView[]>();
function record(work: number): StatementView[] {
  const known = records.get(work);
  if (known) return known;
  const base = work * 100;
  const made = [
    statement(base + 1, "artist", null, null, { reason: "Outside what this pack knows; nearest: Claude Monet, Alfred Sisley." }),
    statement(base + 2, "genre", "Cityscape", 0.42, { alternatives: [{ value: "Marine", confidence: 0.31 }, { value: "Landscape", confidence: 0.18 }], evidence: [{ kind: "work", id: 4, title: TITLES[3] ?? "" }] }),
    statement(base + 3, "style", STYLES[work % 6] ?? "", 0.71, { alternatives: STYLES.filter((_, index) => index !== work % 6).slice(0, 4).map((value, index) => ({ value, confidence: 0.14 / (index + 1) })), reason: "Closest among 19 styles; brushwork weighs most." }),
    statement(base + 4, "media", "Oil on canvas", 0.88, { source: { kind: "passage", name: "Oil paint" } }),
    statement(base + 5, "date", "1889", null, { source: { kind: "file", name: "XMP" } }),
    statement(base + 6, "title", TITLES[work % 12] ?? "", null, { state: "edited", source: { kind: "person", name: "M. Visser" }, decidedBy: "M. Visser" }),
    statement(base + 7, "tag", "Bridge", 0.4, { state: "rejected", decidedBy: "M. Visser" }),
  ];
  records.set(work, made);
  return made;
}

let regions: RegionView[] = [
  { id: 1, scan: 3, content: { shape: { kind: "rectangle", x: 1800, y: 500, width: 900, height: 700 }, note: "A pale sun", statements: [303] }, person: "M. Visser", at: new Date().toISOString() },
  { id: 2, scan: 3, content: { shape: { kind: "polygon", corners: [[100, 2900], [1500, 2300], [2900, 2100], [2900, 2900]] }, note: null, statements: [] }, person: "M. Visser", at: new Date().toISOString() },
  { id: 3, scan: 3, content: { shape: { kind: "point", x: 700, y: 1700 }, note: null, statements: [] }, person: "M. Visser", at: new Date().toISOString() },
];
const SCALE: ScaleView = { millimetres: 0.21, known: { by: "dimensions", value: "63 × 63 cm" } };

const view = (id: number): WorkView => {
  const statements = record(id);
  const card = { ...(cards[id - 1] as WorkCard), waiting: statements.filter((one) => one.state === "suggested").length };
  return {
    card, statements: [...statements], regions: regions.filter((one) => one.scan === card.scan),
    scans: [{ id: card.scan, path: `/scans/${card.fileName}`, sha256: "ab".repeat(32), page: 0, bytes: 4_120_000, width: Math.round(3000 * card.aspect), height: 3000, format: "JPEG", importedAt: new Date().toISOString(), preparedFrom: null }],
  };
};

const TEXT = "Post-Impressionism names the painters who, from about 1886, kept the bright palette of the Impressionists but wanted more than the fleeting glance. Cézanne built form from planes of colour; Seurat divided it into points; Van Gogh and Gauguin let it carry feeling. What joins them is less a manner than a discontent: light alone was no longer enough.";
const passage = (index: number): PassageView => ({
  id: `p${index}`, title: ["Post-Impressionism", "Harbour view", "Oil paint", "Divisionism", "Plein-air painting"][index % 5] ?? "", kind: ["style", "theme", "medium", "technique", "term"][index % 5] ?? "term",
  score: 0.82 - index * 0.09, doubtful: index > 2, section: [], address: null, query: "harbour boats evening light", source: "Vitrine starter knowledge base, CC0",
  segments: TEXT.split(/(?<= )/).map((text, word) => ({ text, weight: word % 11 === 4 ? 0.9 : word % 7 === 2 ? 0.45 : 0 })),
});

const sentence = (text: string, more: Partial<SentenceView> = {}): SentenceView => ({ text, support: "passage", hedged: false, unsupported: [], confirmed: null, citations: [{ passage: "p0", title: "Post-Impressionism", quote: "light alone was no longer enough", agreement: 1 }], ...more });
const SENTENCES = [
  sentence("This may be a Post-Impressionist work (probably, 0.71)."  , { hedged: true }),
  sentence("Painters of this movement kept the bright palette of the Impressionists but wanted more than the fleeting glance."),
  sentence("Harbours offered them masts and reflections to order into planes of colour.", { citations: [{ passage: "p1", title: "Harbour view", quote: "Cézanne built form", agreement: 0.71 }] }),
  sentence("The horizon lies low and the left half is darker than the right.", { support: "image", citations: [] }),
  sentence("It was shown in Antwerp in 1891.", { unsupported: ["Antwerp", "1891"] }),
  sentence("The boats are of a local type.", { support: "none", citations: [] }),
  sentence("The medium is accepted as oil on canvas.", { support: "record", citations: [] }),
];
const prompt = (id: string, purpose: PromptView["purpose"]): PromptView => ({ id, purpose, version: "1", text: `Write in {length}, in {language}: ${id}.`, shipped: `Write in {length}, in {language}: ${id}.`, own: false, history: [] });
let prompts = [prompt("explain", "explain"), prompt("subject", "section"), prompt("wall-label", "describe"), prompt("alt-text", "describe"), prompt("compare", "compare"), prompt("answer", "answer"), prompt("rules", "rules")];
let settings: TalkSettings = { searches: 3, turns: 6, tokens: 2048, seconds: 300, check: false, length: "medium", language: "English", sources: { collections: [], languages: [] } };
let talk: AnswerView[] = [];

function drawn(scan: number): string {
  const hue = (scan * 47) % 360;
  const aspect = cards[scan - 1]?.aspect ?? 1;
  const [w, h] = [Math.round(400 * aspect), 400];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}"><rect width="${w}" height="${h}" fill="hsl(${hue} 35% 72%)"/><circle cx="${w * 0.7}" cy="${h * 0.28}" r="${h * 0.09}" fill="hsl(${hue + 40} 70% 80%)"/><path d="M0 ${h * 0.6}q${w / 4} -80 ${w / 2} -10t${w / 2} -20V${h}H0z" fill="hsl(${hue + 20} 40% 42%)"/><path d="M0 ${h * 0.76}q${w / 3} 50 ${w} -30V${h}H0z" fill="hsl(${hue - 20} 45% 26%)"/></svg>`;
  return URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
}

const LIBRARY: LibraryView = {
  path: "/museum/Vitrine", readOnly: false, works: cards.length, suggestions: 402, passages: 268, undo: "accepted Style “Impressionism”", redo: null,
  badges: { new: 45, suggested: 45, inReview: 45, complete: 45 },
  packs: [{ id: "compact", version: "1", weightsSha256: "3f".repeat(32), roles: ["retriever", "classifier", "explainer"], licences: ["EfficientNet-Lite2: Apache-2.0", "all-MiniLM-L6-v2: Apache-2.0", "Heads: MIT OR Apache-2.0"], card: "# Compact\n\nSuggests **style**, **genre** and **artist** from a scan.\n\n| Task | Top 1 |\n|---|---|\n| Style | 0.62 |\n| Genre | 0.88 |\n\n## Limits\n\nKnows Western painting best." }, { id: "colqwen2", version: "1", weightsSha256: "a1".repeat(32), roles: ["retriever"], licences: ["ColQwen2: Apache-2.0"], card: "# ColQwen2\n\nAdded from a folder." }],
};
const JOBS: JobView[] = [
  { id: 1, kind: "import", state: "finished", pausable: false, paused: false, givingWay: false, done: 60, total: 60, rate: null, secondsLeft: null, failures: [{ file: "notes.jpg", reason: "This file is text, not an image: rename it or leave it out." }, { file: "IMG_0007.jpg", reason: "The file ends in the middle of the picture: copy it again from the camera or the scanner." }], duplicates: [{ file: "IMG_4102 (1).jpg", work: 3 }], near: [{ file: "IMG_4102 small.jpg", work: 4, like: 3, title: "Study of hands" }], pairs: [{ front: 5, frontFile: "sheet_recto.tif", back: 6, backFile: "sheet_verso.tif" }], remarks: [{ file: "sheets.tif", reason: "page 3 of 4 was left out: the file is incomplete" }], imported: Array.from({ length: 57 }, (_, index) => index), output: null },
  { id: 2, kind: "suggest", state: "running", pausable: false, paused: false, givingWay: false, done: 23, total: 57, rate: 2.4, secondsLeft: 14, failures: [], duplicates: [], near: [], pairs: [], remarks: [], imported: [], output: null },
  { id: 3, kind: "knowledge", state: "running", pausable: true, paused: true, givingWay: false, done: 812, total: 24_100, rate: 3.1, secondsLeft: null, failures: [], duplicates: [], near: [], pairs: [], remarks: [], imported: [], output: null },
];

const waiting = (work: WorkCard, value: string, confidence: number): WaitingView => ({ statement: work.id, work, value, confidence, source: { kind: "pack", name: "compact 1" }, vouched: confidence > 0.84 });

const tracked = (property: string, decided: number, right: number, more: Partial<TrackRecordView> = {}): TrackRecordView => {
  const share = right / decided;
  const [low, high] = [Math.max(0, share - 1 / Math.sqrt(decided)), Math.min(1, share + 0.6 / Math.sqrt(decided))];
  const reliability = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((from, index) => ({ from, decided: 4 + index * index, confidence: from + 0.05, right: Math.min(1, from - 0.08 + 0.02 * index) }));
  const months = ["2026-08", "2026-09", "2026-10", "2026-11"].map((month, index) => ({ month, decided: Math.round(decided / 4), right: Math.round((right / 4) * (0.85 + 0.05 * index)) }));
  return { pack: "compact 1", property, decided, right, together: 0, share, low, high, calibrationError: 0.062, reliability, months, bulk: { kind: "too-often-wrong" }, ...more };
};
const TRACKED = [
  tracked("artist", 240, 171, { bulk: { kind: "never" } }),
  tracked("genre", 312, 291, { bulk: { kind: "from", confidence: 0.84, decided: 214, right: 211 } }),
  tracked("media", 41, 38, { calibrationError: null, reliability: [], bulk: { kind: "too-few", needed: 73 } }),
  tracked("style", 198, 135),
];

const CLASSES = [
  { notation: "1", text: "harbours and those who serve them", branches: true },
  { notation: "11", text: "people of the harbour", branches: false },
  { notation: "2", text: "sea, sky and what lives there", branches: true },
  { notation: "25", text: "beasts of the sea", branches: false },
];

const COLLECTIONS = [
  { key: "archive", name: "House archive", pages: 212, passages: 1804, findable: 1804, bytes: 21_400_000, sources: [{ path: "/archive/texts", finished: true, skipped: 2, licence: null }] },
  { key: "wikipedia", name: "Wikipedia, visual arts", pages: 48_211, passages: 402_118, findable: 96_000, bytes: 3_900_000_000, sources: [{ path: "/downloads/enwiki-20261101-pages-articles-multistream.xml.bz2", finished: true, skipped: 0, licence: "CC BY-SA 4.0" }] },
];
const values = (facet: FacetsView["facets"][number]["facet"], ...pairs: [string, number][]) => ({ facet, values: pairs.map(([value, works]) => ({ value, works })), more: pairs.length > 3 });
const FACETS: FacetsView = {
  facets: [
    values("state", ["new", 45], ["suggested", 45], ["in-review", 45], ["complete", 45]),
    values("artist", ["Anna Ancher", 22], ["Michael Ancher", 3]),
    values("style", ["Impressionism", 40], ["Realism", 32], ["Baroque", 11], ["Symbolism", 2]),
    values("century", ["1800", 122], ["1600", 31]),
    values("source", ["pack", 135], ["person", 60], ["file", 12]),
  ],
  lacking: [{ name: "Title", properties: ["title"], works: 135 }, { name: "Date or period", properties: ["date", "style"], works: 90 }],
};

export function pretend(): void {
  mockWindows("main");
  const empty = location.hash === "#empty";
  mockIPC(async (command, payload) => {
    const given = (payload ?? {}) as Record<string, unknown>;
    const decide = (change: Partial<StatementView>): WorkView => {
      const id = given.statement as number;
      const work = Math.floor(id / 100);
      records.set(work, record(work).map((one) => (one.id === id ? { ...one, ...change, decidedBy: "You" } : one)));
      return view(work);
    };
    const answer = async ({ work, question, prompt: wished, other, follows }: TalkRequest): Promise<AnswerView> => {
      const channel = given.channel as { onmessage: (event: AnswerEvent) => void };
      const step = { kind: "search" as const, query: "harbour boats evening light", part: null, asked: false, passages: 4, milliseconds: 812 };
      channel.onmessage({ kind: "step", step });
      for (const one of SENTENCES) {
        await new Promise((resolve) => setTimeout(resolve, 120));
        channel.onmessage({ kind: "sentence", sentence: one });
      }
      const made: AnswerView = {
        id: talk.length + 1, follows: follows.kind === "exchange" ? follows.id : null, work, question, prompt: wished ?? "answer", promptVersion: "1", other, sentences: SENTENCES, abstention: null,
        steps: [step, { ...step, asked: true, query: "Antwerp exhibition 1891" }, { ...step, kind: "lookCloser" as const, query: "", asked: true, passages: 0, part: { left: 0.55, top: 0.6, right: 0.9, bottom: 0.95 } }], passages: [passage(0), passage(1)], retrieved: ["p0", "p1"], thoughts: ["The horizon first, then the boats."], pack: "compact 1",
        timing: { searched: 812, firstWord: 930, whole: 1480 }, effort: { written: 0, read: 0, reused: 0 }, at: new Date().toISOString(),
      };
      talk = [...talk, made];
      return made;
    };
    switch (command) {
      case "collections": return COLLECTIONS;
      case "patches": {
        const [columns, lines] = [24, 18];
        const weights = Array.from({ length: columns * lines }, (_, at) => Math.exp(-(((at % columns) - 15) ** 2 + (Math.floor(at / columns) - 11) ** 2) / 14));
        return { columns, weights, pack: "colqwen2 1" };
      }
      case "coverage": return { works: 60, covered: 43 };
      case "learning": case "use_learnt": {
        const style = { task: "style", learnt: 164, judged: 52, rightBefore: 34, rightAfter: 41, used: true };
        const versions = [{ number: 1, made: new Date().toISOString(), person: "A. Curator", pack: "compact 1", usable: true, tasks: [style] }];
        return { inUse: command === "learning" ? 1 : given.number, versions, confirmed: [{ task: "artist", works: 31 }, { task: "genre", works: 58 }, { task: "style", works: 216 }], needed: 60 };
      }
      case "library": return empty ? { ...LIBRARY, works: 0, badges: { new: 0, suggested: 0, inReview: 0, complete: 0 } } : LIBRARY;
      case "works": {
        const filter = given.filter as WorkFilter;
        if (filter.text.includes("(")) throw "the search was not understood: a bracket is opened and not closed";
        const words = filter.text.toLowerCase().replace("*", "").split(/\s+/);
        const fitting = cards.filter((card) => (filter.badge === null || card.badge === filter.badge) && words.every((word) => card.title.toLowerCase().includes(word)));
        return { total: fitting.length, works: fitting.slice(filter.offset, filter.offset + filter.limit) };
      }
      case "facets": return FACETS;
      case "saved_searches": return [{ name: "Undated prints", filter: { text: "object-type:print", badge: null, open: false, facets: [], lacking: ["date"], sort: "title", offset: 0, limit: 0 } }];
      case "save_search": case "forget_search": return [];
      case "work": return view(given.id as number);
      case "tiles": return { width: 3000, height: 3000, side: 512, levels: 4, state: { kind: "needless" } };
      case "scale": return SCALE;
      case "add_region": {
        const drawn = { id: regions.length + 1, scan: given.scan as number, content: given.content as RegionContentView, person: "You", at: new Date().toISOString() };
        regions = [...regions, drawn];
        return view(drawn.scan);
      }
      case "change_region": {
        regions = regions.map((one) => (one.id === given.region ? { ...one, content: given.content as RegionContentView } : one));
        return view(regions.find((one) => one.id === given.region)?.scan ?? 0);
      }
      case "remove_region": {
        const scan = regions.find((one) => one.id === given.region)?.scan ?? 0;
        regions = regions.filter((one) => one.id !== given.region);
        return view(scan);
      }
      case "accept": return decide({ state: "accepted" });
      case "reject": return decide({ state: "rejected" });
      case "edit": return decide({ state: "edited", value: given.value as string, qualifier: given.qualifier as string | null });
      case "iconclass": return { divisions: CLASSES.filter((one) => one.notation.length === 1), missing: null };
      case "iconclass_search": {
        const entries = CLASSES.filter((one) => one.text.includes(String(given.words).toLowerCase()));
        return { language: "en", total: entries.length, entries };
      }
      case "iconclass_concept": {
        const notation = given.notation as string;
        const path = CLASSES.filter((one) => notation.startsWith(one.notation));
        const children = CLASSES.filter((one) => one.notation.length === notation.length + 1 && one.notation.startsWith(notation));
        const text = path[path.length - 1]?.text ?? "";
        return { notation, text, value: `${notation} ${text}`, uri: `https://iconclass.org/${notation}`, keywords: ["invented"], open: false, path, children, keys: [], related: [] };
      }
      case "term_lists": case "forget_term_list": return [{ id: 1, name: "Materials of the house", property: "media", file: "/museum/materials.csv", terms: 214, person: "You", at: new Date().toISOString() }];
      case "terms_typed": return given.property === "media" ? [{ list: 1, listName: "Materials of the house", id: "M1", label: "oil on canvas", uri: null }] : [];
      case "unmatched": return [{ value: "oils on canvas", statements: 12, candidates: [{ term: { list: 1, listName: "Materials of the house", id: "M1", label: "oil on canvas", uri: null }, score: 0.91, by: null }] }];
      case "match_terms": return 12;
      case "take_alternative": return decide({ state: "accepted" });
      case "undo": return { what: "accepted Style “Impressionism”", work: null };
      case "similar": return cards.slice(10, 18).map((card, index) => ({ card, score: 0.83 - index * 0.06, nearlySame: index === 0 }));
      case "passages": return [0, 1, 2, 3, 4].map(passage);
      case "passage": return passage(Number(String(given.id).slice(1)));
      case "passages_like": return [0, 1, 2].map((index) => ({ ...passage(index), score: null }));
      case "estimate_source": return { path: given.source, kind: "dump", name: "nlwiki-latest", licence: "CC BY-SA 4.0", language: "nl", titles: ["Rembrandt van Rijn", "Ets", "Delfts blauw"], pages: 41_200, passages: 188_000, exact: false, skipped: 0, seconds: 5600, bytes: 2.2e9 };
      case "seeing_pack": return "ColQwen2 v1.0";
      case "index_pages": return 1;
      case "search_passages": return [0, 1, 2, 3].map(passage);
      case "scope_choices": return { collections: [{ key: "shipped_articles", name: null, passages: 268 }, { key: "archive", name: "House archive", passages: 1804 }, { key: "wikipedia", name: "Wikipedia, visual arts", passages: 402_118 }], languages: [{ language: "en", passages: 402_386 }, { language: "it", passages: 1804 }] };
      case "search": return { works: cards.slice(0, 4), passages: [0, 1, 2, 3].map(passage) };
      case "conversation": return talk.filter((one) => one.work === given.work);
      case "conversations": return talk.map((one): ExchangeView => ({ id: one.id, work: one.work, title: cards[one.work - 1]?.title ?? "", question: one.question, said: one.sentences.map((each) => each.text).join(" "), prompt: `${one.prompt} 1`, pack: one.pack, at: one.at }));
      case "delete_exchange": return (talk = talk.filter((one) => one.id !== given.exchange));
      case "talk": return answer(given.request as TalkRequest);
      case "evidence": return passage(Number(String(given.passage).slice(1)));
      case "prompts": return prompts;
      case "write_prompt": {
        prompts = prompts.map((one) => (one.id !== given.prompt ? one : { ...one, text: (given.text as string | null) ?? one.shipped, own: given.text !== null, version: given.text === null ? "1" : "1, own 1" }));
        return prompts.find((one) => one.id === given.prompt);
      }
      case "talk_settings": return settings;
      case "set_talk_settings": return (settings = given.settings as TalkSettings);
      case "batch_preview": {
        const request = given.request as BatchRequest;
        const value = "value" in request.change ? (request.change.value ?? "") : "";
        const named = request.works.map((work) => ({ work, title: cards[work - 1]?.title ?? "" }));
        const after = request.change.kind === "remove" ? [] : [value];
        const changes = named.slice(1).map((one, index) => ({ ...one, before: index % 2 === 0 ? ["Realism"] : [], after, turnedDown: index % 3 === 2 ? ["Baroque"] : [] }));
        return { changing: changes.length, changes, left: [{ reason: "says-so", works: 1, first: named.slice(0, 1) }], cautions: [], seen: "1", done: null };
      }
      case "batch_edit": return { changing: 3, changes: [], left: [], cautions: [], seen: "1", done: "Set style of 3 works: Rococo" };
      case "waiting_groups": return empty ? [] : [{ property: "style", value: "Impressionism", qualifier: null, works: 38 }, { property: "genre", value: "Landscape", qualifier: null, works: 12 }, { property: "media", value: "Oil on canvas", qualifier: null, works: 4 }];
      case "waiting_alike": return { waiting: 38, suggestions: cards.slice(0, 30).map((work, index) => waiting(work, String(given.value), 0.9 - index * 0.02)) };
      case "bulk_offers": return empty ? [] : [{ pack: "compact 1", property: "genre", confidence: 0.84, decided: 214, right: 211, expected: 0.9596, statements: cards.slice(0, 112).map((work) => work.id), suggestions: cards.slice(0, 100).map((work, index) => waiting(work, ["Landscape", "Marine"][index % 2] ?? "", 0.96)) }];
      case "accept_alike": case "accept_in_bulk": return { what: "Accepted style of 12 works: Impressionism", accepted: 12, works: 12 };
      case "demonstration_available": return true;
      case "track_records": return empty ? [] : TRACKED;
      case "jobs": return empty ? [] : JOBS;
      case "work_lists": return [{ name: "Loan to Ghent", works: 12 }];
      case "record_plan": return { properties: [{ key: "watermark", label: "Watermark", kind: "term", list: null, repeatable: true, works: 3, profile: null }], profiles: [{ id: "object-id", title: "Object ID", own: false, requirements: [{ name: "Title", any: ["title"], needed: true, understood: false }] }], faults: [], folder: "/museum/library" };
      case "completeness": return { profile: "Object ID", met: 3, needed: 8, lacking: [{ name: "Type of object", properties: ["object-type"], notUnderstood: false }, { name: "Measurements", properties: ["dimensions"], notUnderstood: true }], wanted: [{ name: "Inscriptions and markings", properties: ["inscription"], notUnderstood: false }] };
      case "log": return { more: false, people: empty ? [] : ["Anna", "Ben"], entries: empty ? [] : cards.slice(0, 6).map((work, index) => ({ number: 100 - index, at: "2026-11-27T08:15:00Z", person: ["Anna", "Ben"][index % 2], action: "Accepted style: Impressionism", work: work.id, title: work.title, property: "style", value: "Impressionism", state: "accepted", source: "compact 1", note: null })) };
      case "backups": case "back_up": case "restore_next": return { folder: "/museum/Vitrine/backups", restoredNext: given.backup ?? null, backups: [{ name: "library 2026-11-27T081500Z.sqlite", madeAt: "2026-11-27T08:15:00Z", bytes: 4_200_000 }] };
      case "rehearse": return { works: 180, statements: 1240, decisions: 1502 };
      case "check": case "repair": return [];
      case "fixity": case "set_fixity_days": return { days: given.days ?? 90, originals: empty ? 0 : 180, unchanged: empty ? 0 : 118, never: empty ? 0 : 61, oldest: empty ? null : "2026-09-12T08:15:00Z", troubles: empty ? [] : [{ work: 1, title: cards[0]?.title ?? "", file: "/museum/scans/1.tif", sha256: "1", finding: "missing", foundSha256: null, at: "2026-11-27T08:15:00Z" }] };
      case "check_originals": return null;
      case "find_moved": return { missing: 1, moved: [{ sha256: "1", work: 1, title: cards[0]?.title ?? "", from: "/museum/scans/1.tif", to: "/archive/scans/1.tif" }] };
      case "relink": return 1;
      case "sheets": return String(given.file).endsWith(".xlsx") ? ["Prints", "Drawings"] : [];
      case "columns": return [{ id: "tms", title: "Like TMS" }];
      case "records_preview": case "import_records": return { records: 12, worksAdded: 1, statementsAdded: 7, competing: 2, accepted: 0, problems: ["row 4: no work of the library is known by its scan or identifier; import the scan first"], changing: 1, changes: [{ place: "row 2", work: 4, title: "Study of hands", claims: [{ property: "date", value: "c. 1650", competing: true }] }] };
      case "export_preview": return {
        works: 180, accepted: 412, undecided: 402, empty: 45, problemCount: 2,
        files: [{ format: "csv", path: "/museum/export/works.csv", losses: [] }, { format: "lido", path: "/museum/export/works.lido.xml", losses: [{ property: "date", reason: "several dates are displayed; earliest and latest day are the first one's" }] }],
        problems: [{ work: 4, title: "Study of hands", property: "date", reason: "“long ago” is not understood as a date" }, { work: 8, title: "The mill at Ruurlo", property: null, reason: "nothing of it has been accepted" }],
      };
      default: return null;
    }
  }, { shouldMockEvents: true });
  const internals = (window as unknown as { __TAURI_INTERNALS__: { convertFileSrc: (path: string) => string } }).__TAURI_INTERNALS__;
  internals.convertFileSrc = (path) => drawn(Number(path));
}
