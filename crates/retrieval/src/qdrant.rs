//! A collection on a Qdrant server, searched in two stages as the papers run it (Fanelli et al., ArtSeek, 2025): nine pooled rows a document in a graph choose candidates,
//! MaxSim over all rows ranks them, their signs first and then, for the best, the rows themselves.

use qdrant_client::qdrant::vector_output::Vector as Held;
use qdrant_client::qdrant::vectors_output::VectorsOptions;
use qdrant_client::qdrant::{
    BinaryQuantizationBuilder, Condition, CountPointsBuilder, CreateCollection, CreateCollectionBuilder,
    DeletePointsBuilder, Distance, Filter, GetPointsBuilder, HnswConfigDiffBuilder, MultiVectorComparator,
    MultiVectorConfigBuilder, NamedVectors, PointId, PointStruct, PointsIdsList, PrefetchQueryBuilder,
    QuantizationSearchParamsBuilder, Query, QueryPoints, QueryPointsBuilder, RetrievedPoint, SearchParamsBuilder,
    UpsertPointsBuilder, VectorInput, VectorParamsBuilder, VectorsConfigBuilder, point_id::PointIdOptions, value::Kind,
    vectors_config,
};
use qdrant_client::{Payload, Qdrant, QdrantError};
use tokio::runtime::Runtime;

use crate::max_sim::check;
use crate::store::{Scored, Store, StoreError};
use crate::{Document, MultiVector, SearchError, Wanted, pool_to_nine};

/// All rows of a document, compared by MaxSim; they have no graph, since only candidates are compared.
const ROWS: &str = "rows";
/// Its nine pooled rows, by which candidates are found.
const POOLED: &str = "pooled";
/// The bytes beside a document, two hexadecimal digits each.
const NOTE: &str = "note";
/// Documents that are sent at once.
const SENT_AT_ONCE: usize = 32;
/// Candidates for each document wanted, and at least.
const CANDIDATES_EACH: u64 = 10;
const LEAST_CANDIDATES: u64 = 200;

/// A collection on a Qdrant server. Calls wait for the server's answer; they must not be made from within an asynchronous runtime.
pub struct QdrantStore {
    runtime: Runtime,
    client: Qdrant,
    address: String,
    collection: String,
    dimension: usize,
}

impl QdrantStore {
    /// Opens `collection` on the server at `address` (its gRPC port: `http://localhost:6334`), and makes it where it is missing, for rows of `dimension` numbers.
    pub fn open(address: &str, key: Option<&str>, collection: &str, dimension: usize) -> Result<Self, StoreError> {
        let fail = |what, reason: &dyn ToString| StoreError::Server {
            address: address.to_owned(),
            what,
            reason: reason.to_string(),
        };
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().map_err(|e| fail("be spoken to", &e))?;
        // What the server can do shows at once, when the collection is looked for.
        let builder = Qdrant::from_url(address).skip_compatibility_check();
        let builder = if let Some(key) = key { builder.api_key(key) } else { builder };
        let client = builder.build().map_err(|e| fail("be spoken to", &e))?;
        let store = Self { runtime, client, address: address.to_owned(), collection: collection.to_owned(), dimension };
        if store.ask("look for the collection", store.client.collection_exists(collection))? {
            store.check_width()?;
        } else {
            let wanted = new_collection(collection, dimension);
            store.ask("make the collection", store.client.create_collection(wanted))?;
        }
        Ok(store)
    }

    /// Removes the collection with all that is in it.
    pub fn remove_collection(self) -> Result<(), StoreError> {
        self.ask("remove the collection", self.client.delete_collection(&self.collection)).map(drop)
    }

    fn check_width(&self) -> Result<(), StoreError> {
        let info = self.ask("describe the collection", self.client.collection_info(&self.collection))?;
        let params = info.result.and_then(|r| r.config?.params?.vectors_config?.config);
        let width = match params {
            Some(vectors_config::Config::ParamsMap(map)) => map.map.get(ROWS).map(|p| p.size),
            _ => None,
        };
        if width == Some(self.dimension as u64) {
            return Ok(());
        }
        let reason = match width {
            Some(width) => format!("its rows have {width} numbers where {} are needed", self.dimension),
            None => "it was not made for multi-vectors by this program".to_owned(),
        };
        let (address, collection) = (self.address.clone(), self.collection.clone());
        Err(StoreError::Collection { address, collection, reason })
    }

    fn ask<T>(&self, what: &'static str, asked: impl Future<Output = Result<T, QdrantError>>) -> Result<T, StoreError> {
        self.runtime.block_on(asked).map_err(|error| StoreError::Server {
            address: self.address.clone(),
            what,
            reason: error.to_string(),
        })
    }

    fn point(&self, id: u64, with_rows: bool) -> Result<Option<RetrievedPoint>, StoreError> {
        let request = GetPointsBuilder::new(&self.collection, [PointId::from(id)])
            .with_payload(!with_rows)
            .with_vectors(with_rows);
        Ok(self.ask("give a document", self.client.get_points(request))?.result.into_iter().next())
    }
}

impl Store for QdrantStore {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn count(&self) -> Result<u64, StoreError> {
        let request = CountPointsBuilder::new(&self.collection).exact(true);
        Ok(self.ask("count", self.client.count(request))?.result.map_or(0, |r| r.count))
    }

    fn add(&self, documents: &[Document]) -> Result<(), StoreError> {
        if let Some(document) = documents.iter().find(|d| d.rows.dimension() != self.dimension) {
            let (id, rows, store) = (document.id, document.rows.dimension(), self.dimension);
            return Err(StoreError::Width { id, rows, store });
        }
        for some in documents.chunks(SENT_AT_ONCE) {
            let points: Vec<PointStruct> = some.iter().map(point).collect();
            let request = UpsertPointsBuilder::new(&self.collection, points).wait(true);
            self.ask("take documents", self.client.upsert_points(request))?;
        }
        Ok(())
    }

    fn remove(&self, ids: &[u64]) -> Result<usize, StoreError> {
        let request = CountPointsBuilder::new(&self.collection).filter(among(ids)).exact(true);
        let there = self.ask("count", self.client.count(request))?.result.map_or(0, |r| r.count);
        let ids = PointsIdsList { ids: ids.iter().map(|&id| id.into()).collect() };
        let request = DeletePointsBuilder::new(&self.collection).points(ids).wait(true);
        self.ask("remove documents", self.client.delete_points(request))?;
        Ok(there as usize)
    }

    fn rows(&self, id: u64) -> Result<Option<MultiVector>, StoreError> {
        let Some(point) = self.point(id, true)? else { return Ok(None) };
        let named = match point.vectors.and_then(|v| v.vectors_options) {
            Some(VectorsOptions::Vectors(mut named)) => named.vectors.remove(ROWS).and_then(|v| v.vector),
            _ => None,
        };
        let values = match named {
            Some(Held::MultiDense(rows)) => rows.vectors.into_iter().flat_map(|row| row.data).collect(),
            _ => Vec::new(),
        };
        MultiVector::new(values, self.dimension).map(Some).map_err(|error| StoreError::Server {
            address: self.address.clone(),
            what: "give a document",
            reason: error.to_string(),
        })
    }

    fn note(&self, id: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mut point) = self.point(id, false)? else { return Ok(None) };
        match point.payload.remove(NOTE).and_then(|v| v.kind) {
            Some(Kind::StringValue(digits)) => Ok(from_digits(&digits)),
            _ => Ok(Some(Vec::new())),
        }
    }

    fn search(
        &self,
        query: &MultiVector,
        weights: Option<&[f32]>,
        k: usize,
        wanted: &Wanted,
    ) -> Result<Vec<Scored>, StoreError> {
        check(query, weights, self.dimension)?;
        if let Some((row, weight)) =
            weights.and_then(|w| w.iter().enumerate().find(|(_, w)| !w.is_finite() || **w < 0.0))
        {
            return Err(SearchError::Weight { row, weight: weight.to_string() }.into());
        }
        if k == 0 || query.is_empty() {
            return Ok(Vec::new());
        }
        let weight = weights.map_or(query.len() as f32, |w| w.iter().sum()).max(f32::MIN_POSITIVE);
        let request = question(&self.collection, query, weights, k as u64, wanted);
        let found = self.ask("search", self.client.query(request))?.result;
        let scored = found.into_iter().filter_map(|point| match point.id?.point_id_options? {
            PointIdOptions::Num(id) => Some(Scored { id, score: point.score, mean: point.score / weight }),
            PointIdOptions::Uuid(_) => None,
        });
        Ok(scored.collect())
    }
}

fn new_collection(collection: &str, dimension: usize) -> CreateCollection {
    let multi = || {
        VectorParamsBuilder::new(dimension as u64, Distance::Dot)
            .multivector_config(MultiVectorConfigBuilder::new(MultiVectorComparator::MaxSim))
    };
    let mut vectors = VectorsConfigBuilder::default();
    vectors.add_named_vector_params(POOLED, multi());
    let rows = multi()
        .on_disk(true)
        .hnsw_config(HnswConfigDiffBuilder::default().m(0))
        .quantization_config(BinaryQuantizationBuilder::new(true));
    vectors.add_named_vector_params(ROWS, rows);
    CreateCollectionBuilder::new(collection).vectors_config(vectors).build()
}

/// A document as the server takes it. One without rows has no vectors there, and is never found.
fn point(document: &Document) -> PointStruct {
    let mut vectors = NamedVectors::default();
    if !document.rows.is_empty() {
        let list = |rows: &MultiVector| rows.rows().map(<[f32]>::to_vec).collect::<Vec<_>>();
        vectors =
            vectors.add_vector(ROWS, list(&document.rows)).add_vector(POOLED, list(&pool_to_nine(&document.rows)));
    }
    let payload = Payload::from([(NOTE, to_digits(&document.note).into())]);
    PointStruct::new(document.id, vectors, payload)
}

/// Both stages in one request.
fn question(collection: &str, query: &MultiVector, weights: Option<&[f32]>, k: u64, wanted: &Wanted) -> QueryPoints {
    // A weighted row's best match is the same, and counts as much more or less.
    let row = |(at, row): (usize, &[f32])| {
        let weight = weights.map_or(1.0, |w| w[at]);
        row.iter().map(|v| v * weight).collect::<Vec<f32>>()
    };
    let rows: Vec<Vec<f32>> = query.rows().enumerate().map(row).collect();
    let nearest = Query::new_nearest(VectorInput::new_multi(rows));
    let candidates = (k * CANDIDATES_EACH).max(LEAST_CANDIDATES);
    let mut first = PrefetchQueryBuilder::default().query(nearest.clone()).using(POOLED).limit(candidates);
    let ids = |ids: &std::collections::HashSet<u64>| ids.iter().copied().collect::<Vec<u64>>();
    match wanted {
        Wanted::All => {}
        Wanted::Only(only) => first = first.filter(among(&ids(only))),
        Wanted::AllBut(but) => first = first.filter(Filter::must_not([Condition::has_id(ids(but))])),
    }
    let again = QuantizationSearchParamsBuilder::default().rescore(true).oversampling(4.0);
    QueryPointsBuilder::new(collection)
        .add_prefetch(first)
        .query(nearest)
        .using(ROWS)
        .params(SearchParamsBuilder::default().quantization(again))
        .limit(k)
        .build()
}

fn among(ids: &[u64]) -> Filter {
    Filter::must([Condition::has_id(ids.iter().copied())])
}

fn to_digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `None` where the digits are no bytes.
fn from_digits(digits: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if digits.len().is_multiple_of(2) { digits.as_bytes().chunks(2).map(pair).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use qdrant_client::qdrant::{Query, query, vector, vector_input, vectors};

    use super::*;

    fn rows(count: usize) -> MultiVector {
        let values = (0..count * 4).map(|i| ((i * 7 % 11) as f32 - 5.0) * 0.3 + 0.01).collect();
        MultiVector::normalised(values, 4).unwrap()
    }

    #[test]
    fn documents_are_sent_with_all_rows_and_nine() {
        let sent = point(&Document { id: 9, note: b"\x00\xffa".to_vec(), rows: rows(40) });
        assert_eq!(sent.id, Some(9.into()));
        let Some(vectors::VectorsOptions::Vectors(named)) = sent.vectors.unwrap().vectors_options else {
            panic!("named")
        };
        let held = |name: &str| match named.vectors[name].vector.clone() {
            Some(vector::Vector::MultiDense(held)) => held.vectors,
            other => panic!("{other:?}"),
        };
        assert_eq!((held(ROWS).len(), held(POOLED).len()), (40, 9));
        assert_eq!(held(ROWS)[3].data, rows(40).row(3));
        let Some(Kind::StringValue(note)) = sent.payload[NOTE].kind.clone() else { panic!("text") };
        assert_eq!(from_digits(&note).unwrap(), b"\x00\xffa");
        assert_eq!((from_digits("0"), from_digits("zz")), (None, None));
        let none = point(&Document { id: 9, note: Vec::new(), rows: MultiVector::new(vec![], 4).unwrap() });
        assert_eq!(
            none.vectors.unwrap().vectors_options,
            Some(vectors::VectorsOptions::Vectors(NamedVectors::default()))
        );
    }

    #[test]
    fn the_question_has_both_stages_and_its_filter() {
        let asked = question("c", &rows(3), Some(&[1.0, 0.0, 2.0]), 5, &Wanted::AllBut([7].into()));
        assert_eq!((asked.using.as_deref(), asked.limit), (Some(ROWS), Some(5)));
        let first = &asked.prefetch[0];
        assert_eq!((first.using.as_deref(), first.limit), (Some(POOLED), Some(LEAST_CANDIDATES)));
        assert_eq!(first.filter, Some(Filter::must_not([Condition::has_id([7u64])])));
        let rescored = asked.params.unwrap().quantization.unwrap();
        assert_eq!((rescored.rescore, rescored.oversampling), (Some(true), Some(4.0)));
        let sent = |query: Option<Query>| match query.unwrap().variant.unwrap() {
            query::Variant::Nearest(VectorInput { variant: Some(vector_input::Variant::MultiDense(rows)) }) => {
                rows.vectors
            }
            other => panic!("{other:?}"),
        };
        let (second, first) = (sent(asked.query.clone()), sent(first.query.clone()));
        assert_eq!(second, first);
        assert_eq!(second[0].data, rows(3).row(0));
        assert_eq!(second[1].data, [0.0; 4]);
        assert_eq!(second[2].data, rows(3).row(2).iter().map(|v| v * 2.0).collect::<Vec<_>>());
        assert_eq!(question("c", &rows(3), None, 50, &Wanted::All).prefetch[0].limit, Some(500));
    }

    #[test]
    fn the_collection_compares_by_max_sim_and_keeps_signs() {
        let made = new_collection("c", 128);
        let Some(vectors_config::Config::ParamsMap(map)) = made.vectors_config.unwrap().config else { panic!("named") };
        for name in [ROWS, POOLED] {
            let params = &map.map[name];
            assert_eq!((params.size, params.distance), (128, Distance::Dot as i32));
            assert_eq!(params.multivector_config.unwrap().comparator, MultiVectorComparator::MaxSim as i32);
        }
        assert!(map.map[ROWS].quantization_config.is_some() && map.map[POOLED].quantization_config.is_none());
        assert_eq!(map.map[ROWS].hnsw_config.unwrap().m, Some(0));
    }

    #[test]
    fn a_server_that_is_not_there_is_told_by_its_address() {
        // Port 9 is for discarding what arrives, and nothing listens there.
        let error = QdrantStore::open("http://127.0.0.1:9", None, "c", 4).err().unwrap().to_string();
        assert!(error.contains("http://127.0.0.1:9") && error.contains("look for the collection"), "{error}");
    }
}
