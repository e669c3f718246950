//! How well a sentence on a painting's history finds the painting's page: by rows, by words, by both, and with what the record knows.
//!
//! Questions: of the paintings with at least three contextual sentences, in the order of their numbers as text, every seventh, the first 300. A question is the painting's middle contextual sentence, which is
//! taken out of its paragraph in the collection. Right is any fragment of the painting's page: R@1 counts the questions whose first fragment is right, R@10 those with a right one among ten, and nDCG@5 has as
//! many right ones in its ideal list as the page has fragments, five at most. Questions of even number are those that a weight is chosen on, the others judge it.
//!
//! Artpedia names no artist. The one that the record would have is the name in capitals behind the first “by” in the texts on a painting, where there is one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use rusqlite::Connection;
use vitrine_inference::{CardLine, Retriever};
use vitrine_knowledge::{KnowledgeBase, Scope, is_common, seed_queries, words};
use vitrine_retrieval::{Index, Reader, SearchOptions, Wanted};

use crate::paintings::{Question, name_behind_by, stem};

/// How far down a list of rows or words is fused.
const DEPTH: usize = 100;
/// Rank constant of reciprocal rank fusion, as the search has it.
const RANK_CONSTANT: f32 = 60.0;
/// How much the words' score, as a share of the best one, may add to the mean over rows.
const WEIGHTS: [f32; 7] = [0.01, 0.02, 0.04, 0.06, 0.08, 0.12, 0.2];

/// A list of fragments that one way found, best first.
type Ranking = Vec<u64>;

/// Whether a question, with its number, belongs to a set.
type IsOfSet<'a> = &'a dyn Fn(usize, &Question) -> bool;

/// Asks the `questions` of the collection in `folder` alone, then of the knowledge base that searches it, and prints the figures.
pub fn measure(questions: &[Question], folder: &Path, knowledge: &KnowledgeBase) {
    let asked = Asked::open(folder, knowledge.retriever().as_ref());
    println!("{} questions", questions.len());
    let mut by_way: BTreeMap<String, Vec<Ranking>> = BTreeMap::new();
    for question in questions {
        let (rows, words, mixed) = asked.ways(&question.text);
        let mut keep = |way: &str, ranking: Ranking| by_way.entry(way.to_owned()).or_default().push(ranking);
        for (weight, ranking) in WEIGHTS.iter().zip(mixed) {
            keep(&format!("rows, plus words at {weight:.2}"), ranking);
        }
        keep("reciprocal rank fusion", fused(&[&rows, &words]));
        keep("rows alone", rows);
        keep("words alone", words);
    }
    let numbers = |ids: Vec<String>| -> Ranking {
        // Articles that come along take their places in the list and are never right.
        ids.iter()
            .map(|id| id.split_once(':').and_then(|(_, number)| number.parse().ok()).unwrap_or(u64::MAX))
            .collect()
    };
    for question in questions {
        let found = knowledge.search(&question.text, 10).unwrap();
        let ids = found.into_iter().map(|hit| hit.fragment.id.clone()).collect();
        by_way.entry("the search, what is relevant".to_owned()).or_default().push(numbers(ids));
        let found = knowledge.nearest_within(&Scope::default(), &question.text, 10).unwrap();
        let ids = found.into_iter().map(|hit| hit.fragment.id.clone()).collect();
        by_way.entry("the search, all that is shown".to_owned()).or_default().push(numbers(ids));
        let line = |property: &str, value: &str| CardLine {
            property: property.to_owned(),
            value: value.to_owned(),
            qualifier: None,
            confidence: None,
        };
        // A record has the title without the note by which an encyclopaedia tells namesakes apart.
        let title = line("title", question.title.split(" (").next().unwrap_or_default());
        let artist = question.artist.as_deref().map(|artist| line("artist", artist));
        let seeded = [
            ("the search, seeded with the artist", artist.clone().into_iter().collect::<Vec<_>>()),
            ("the search, seeded with the title", vec![title.clone()]),
            ("the search, seeded with both", artist.into_iter().chain([title]).collect()),
        ];
        for (way, card) in seeded {
            let found = knowledge.search_seeded(&seed_queries(Some(&question.text), &card), 10).unwrap();
            let ids = found.into_iter().map(|found| found.hit.fragment.id.clone()).collect();
            by_way.entry(way.to_owned()).or_default().push(numbers(ids));
        }
    }

    let sets: [(&str, IsOfSet<'_>); 5] = [
        ("all", &|_, _| true),
        ("of even number", &|number, _| number % 2 == 0),
        ("of odd number", &|number, _| number % 2 == 1),
        ("that name the title", &|_, question| question.names_its_title()),
        ("that do not name the title", &|_, question| !question.names_its_title()),
    ];
    for (set, is_of_it) in sets {
        let chosen: Vec<usize> = (0..questions.len()).filter(|&number| is_of_it(number, &questions[number])).collect();
        println!(
            "\n{} questions, {set}\n{:40} {:>6} {:>6} {:>7}  better/worse first than rows",
            chosen.len(),
            "",
            "R@1",
            "R@10",
            "nDCG@5"
        );
        for (way, rankings) in &by_way {
            let mut sums = [0.0_f64; 3];
            let (mut better, mut worse) = (0, 0);
            for &number in &chosen {
                let right = &asked.fragments_of[&questions[number].page];
                let of = figures(&rankings[number], right);
                sums.iter_mut().zip(of).for_each(|(sum, figure)| *sum += figure);
                let rows = figures(&by_way["rows alone"][number], right)[0];
                better += usize::from(of[0] > rows);
                worse += usize::from(of[0] < rows);
            }
            let [first, ten, gain] = sums.map(|sum| 100.0 * sum / chosen.len() as f64);
            println!("{way:40} {first:6.1} {ten:6.1} {gain:7.1}  {better}/{worse}");
        }
    }
    println!(
        "\n{} of the questions' paintings have an artist",
        questions.iter().filter(|q| q.artist.is_some()).count()
    );
}

/// A collection's two ways of finding, each by itself.
struct Asked<'a> {
    words: Connection,
    rows: Reader,
    retriever: &'a dyn Retriever,
    /// By page (its file's name without the ending), its fragments.
    fragments_of: HashMap<String, HashSet<u64>>,
}

impl<'a> Asked<'a> {
    fn open(folder: &Path, retriever: &'a dyn Retriever) -> Self {
        let words = Connection::open(folder.join("collection.sqlite")).unwrap();
        let mut fragments_of: HashMap<String, HashSet<u64>> = HashMap::new();
        let mut list = words.prepare("SELECT page, number FROM fragment").unwrap();
        let rows = list.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap();
        for (page, number) in rows.map(Result::unwrap) {
            fragments_of.entry(stem(&page)).or_default().insert(number.cast_unsigned());
        }
        drop(list);
        Self { words, rows: Index::open(&folder.join("index")).unwrap().reader(), retriever, fragments_of }
    }

    /// By rows, by words, and by the sum of both for each of [`WEIGHTS`].
    fn ways(&self, text: &str) -> (Ranking, Ranking, Vec<Ranking>) {
        let rows = self.retriever.embed_query(text).unwrap().rows;
        let by_rows = self.rows.search(&rows, None, DEPTH).unwrap();
        let by_words = self.with_words(text);
        let others: HashSet<u64> = by_words.iter().map(|(number, _)| *number).collect();
        let count = others.len();
        let mut means: HashMap<u64, f32> = by_rows.iter().map(|hit| (hit.id, hit.mean)).collect();
        if count > 0 {
            let compared = self.rows.search_with(&rows, None, count, &Wanted::Only(others), &SearchOptions::default());
            means.extend(compared.unwrap().into_iter().map(|hit| (hit.id, hit.mean)));
        }
        let most = by_words.first().map_or(1.0, |(_, score)| *score);
        let shares: HashMap<u64, f32> = by_words.iter().map(|(number, score)| (*number, score / most)).collect();
        let mixed = WEIGHTS.map(|weight| {
            let score = |(&number, &mean): (&u64, &f32)| {
                (number, mean + weight * shares.get(&number).copied().unwrap_or_default())
            };
            sorted(means.iter().map(score).collect())
        });
        let rows = by_rows.into_iter().map(|hit| hit.id).collect();
        (rows, by_words.into_iter().map(|(number, _)| number).collect(), mixed.to_vec())
    }

    /// The fragments with the question's telling words, by BM25, the more the better.
    fn with_words(&self, text: &str) -> Vec<(u64, f32)> {
        let telling = words(text).into_iter().map(|(_, word)| word).filter(|word| !is_common(word));
        let wanted = telling.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ");
        let query = "SELECT rowid, -bm25(word) FROM word WHERE word MATCH ? ORDER BY rank LIMIT ?";
        let mut found = self.words.prepare_cached(query).unwrap();
        let rows = found
            .query_map((wanted, DEPTH as i64), |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, f64>(1)?)))
            .unwrap();
        rows.map(|row| row.map(|(number, score)| (number, score as f32)).unwrap()).collect()
    }
}

fn sorted(mut scored: Vec<(u64, f32)>) -> Ranking {
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scored.into_iter().map(|(number, _)| number).collect()
}

fn fused(rankings: &[&[u64]]) -> Ranking {
    let mut shares: HashMap<u64, f32> = HashMap::new();
    for ranking in rankings {
        for (rank, number) in ranking.iter().enumerate() {
            *shares.entry(*number).or_default() += 1.0 / (RANK_CONSTANT + rank as f32 + 1.0);
        }
    }
    sorted(shares.into_iter().collect())
}

/// R@1, R@10 and nDCG@5 of one question.
fn figures(ranking: &[u64], right: &HashSet<u64>) -> [f64; 3] {
    let is_right = |number: &u64| right.contains(number);
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let gained: f64 =
        ranking.iter().take(5).enumerate().filter(|(_, n)| is_right(n)).map(|(place, _)| gain(place)).sum();
    let ideal: f64 = (0..right.len().min(5)).map(gain).sum();
    [
        f64::from(u8::from(ranking.first().is_some_and(is_right))),
        f64::from(u8::from(ranking.iter().take(10).any(is_right))),
        gained / ideal,
    ]
}

#[test]
fn figures_are_as_they_are_defined() {
    let right = HashSet::from([1, 2]);
    let [first, ten, gain] = figures(&[9, 1, 8, 2], &right);
    assert_eq!((first, ten), (0.0, 1.0));
    let expected = (1.0 / 3f64.log2() + 1.0 / 5f64.log2()) / (1.0 + 1.0 / 3f64.log2());
    assert!((gain - expected).abs() < 1e-9);
    assert_eq!(figures(&[2, 1], &right), [1.0, 1.0, 1.0]);
    assert_eq!(figures(&[9], &right), [0.0, 0.0, 0.0]);
    assert_eq!(fused(&[&[1, 2], &[2, 3]]), [2, 1, 3]);
    assert_eq!(
        name_behind_by("It is a portrait by Rogier van der Weyden, of 1450.").as_deref(),
        Some("Rogier van der Weyden")
    );
    assert_eq!(name_behind_by("It was sold by the museum."), None);
}
