//! The open knowledge base.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};

use vitrine_inference::{InferenceError, Retriever};
use vitrine_retrieval::{ExactIndex, IndexError, SearchError};

use crate::article::read_articles;
use crate::indexing::open_or_build_index;
use crate::words::{Names, Usage};
use crate::{Article, Collection, Fragment};

/// A title or an alias that occurs in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// The id of the article it names.
    pub article: String,
    /// That article's title.
    pub title: String,
    /// Where in the text it stands.
    pub span: Range<usize>,
}

/// Why the knowledge base cannot be read, indexed or searched.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// A file or folder cannot be read.
    #[error("{path} of the knowledge base cannot be read: {source}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// An article is not as it should be.
    #[error("{path} is not an article of the knowledge base: {reason}; correct it or take it out of the folder")]
    Article {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is nothing to index.
    #[error("{folder} holds no articles (files *.md); reinstall the application or choose another folder")]
    NoArticles {
        /// The folder.
        folder: PathBuf,
    },
    /// A collection's name of which nothing can name its folder.
    #[error("a collection cannot be called “{name}”: give it a name with a letter or a digit")]
    Name {
        /// The name.
        name: String,
    },
    /// There is a collection of that name.
    #[error("there already is a collection called “{name}”; add to that one, or choose another name")]
    Taken {
        /// The name.
        name: String,
    },
    /// There is no collection.
    #[error("{path} is not there: the collection was removed or its folder moved; add its source again")]
    NoCollection {
        /// Its file.
        path: PathBuf,
    },
    /// A collection's file was written by another version of the application.
    #[error("{path} was written by another version of Vitrine; remove the collection and add its source again")]
    Layout {
        /// The file.
        path: PathBuf,
    },
    /// A collection's file cannot be read or written.
    #[error("{path}: {cause}; check the free space and the permissions of its folder")]
    Store {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: rusqlite::Error,
    },
    /// A fragment of a collection is damaged.
    #[error("fragment {number} in {path} is damaged: {cause}; remove the collection and add its source again")]
    Fragment {
        /// The file.
        path: PathBuf,
        /// The fragment.
        number: u64,
        /// What is wrong with it.
        cause: String,
    },
    /// A folder cannot be written to.
    #[error("{path} cannot be written: {source}; check the free space and the permissions of its folder")]
    Write {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A source cannot be read.
    #[error(transparent)]
    Source(#[from] vitrine_sources::SourceError),
    /// A collection's index cannot be made or searched.
    #[error("the index of a collection: {0}")]
    Engine(#[from] vitrine_retrieval::EngineError),
    /// The index cannot be kept.
    #[error("the index of the knowledge base: {0}")]
    Index(#[from] IndexError),
    /// The model's rows do not fit the index.
    #[error("the knowledge base cannot be searched: {0}")]
    Search(#[from] SearchError),
    /// Somebody stopped the indexing.
    #[error("indexing of the knowledge base was stopped; it starts again the next time")]
    Cancelled,
    /// The retriever failed.
    #[error("the text model could not read a passage or a question: {0}")]
    Model(#[from] InferenceError),
}

/// Articles, their fragments and the index over them.
pub struct KnowledgeBase {
    pub(crate) articles: Vec<Article>,
    pub(crate) fragments: Vec<Arc<Fragment>>,
    /// For each fragment the number of its article.
    pub(crate) article_of: Vec<usize>,
    pub(crate) names: Names,
    pub(crate) usage: Usage,
    /// Its documents are the fragments, in the same order.
    pub(crate) index: ExactIndex,
    pub(crate) retriever: Arc<dyn Retriever>,
    by_id: HashMap<String, usize>,
    /// What a person brought in beside the articles.
    collections: RwLock<Vec<Arc<Collection>>>,
}

impl KnowledgeBase {
    /// Reads the articles under `folder` and opens their index at `index_file`; builds it when it is missing, damaged, or made
    /// from other text or by another pack. `progress` hears of fragments done and in all while it builds; setting `cancel` stops.
    pub fn open_or_build(
        folder: &Path,
        index_file: &Path,
        retriever: Arc<dyn Retriever>,
        progress: &(dyn Fn(u64, u64) + Sync),
        cancel: &AtomicBool,
    ) -> Result<Self, KnowledgeError> {
        let articles = read_articles(folder)?;
        let (mut fragments, mut article_of) = (Vec::new(), Vec::new());
        for (number, article) in articles.iter().enumerate() {
            fragments.extend(article.fragments());
            article_of.resize(fragments.len(), number);
        }
        let index = open_or_build_index(&fragments, index_file, retriever.as_ref(), progress, cancel)?;
        Ok(Self {
            names: Names::new(&articles),
            usage: Usage::new(fragments.iter().zip(&article_of).map(|(fragment, &article)| {
                let Article { title, aliases, .. } = &articles[article];
                (fragment.text.as_str(), [title].into_iter().chain(aliases).map(String::as_str))
            })),
            by_id: fragments.iter().enumerate().map(|(number, f)| (f.id.clone(), number)).collect(),
            articles,
            fragments,
            article_of,
            index,
            retriever,
            collections: RwLock::default(),
        })
    }

    /// The collections that are searched beside the articles.
    pub fn collections(&self) -> Vec<Arc<Collection>> {
        self.collections.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Searches these beside the articles from now on.
    pub fn set_collections(&self, collections: Vec<Arc<Collection>>) {
        *self.collections.write().unwrap_or_else(PoisonError::into_inner) = collections;
    }

    /// Passages that can be found, those of collections included.
    pub fn passages(&self) -> usize {
        self.fragments.len() + self.collections().iter().map(|collection| collection.findable()).sum::<usize>()
    }

    /// The retriever whose rows are searched.
    pub fn retriever(&self) -> &Arc<dyn Retriever> {
        &self.retriever
    }

    /// The fragment with this id, e.g. `style/rococo#2`, or `wikipedia:4711` of a collection.
    pub fn fragment(&self, id: &str) -> Result<Option<Arc<Fragment>>, KnowledgeError> {
        if let Some(&number) = self.by_id.get(id) {
            return Ok(Some(self.fragments[number].clone()));
        }
        let Some((key, number)) = id.split_once(':') else { return Ok(None) };
        let Ok(number) = number.parse() else { return Ok(None) };
        match self.collections().iter().find(|collection| collection.key() == key) {
            Some(collection) => collection.fragment(number),
            None => Ok(None),
        }
    }

    /// The number of an article's fragment.
    pub(crate) fn article_fragment(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The fragments of the articles, by article and paragraph.
    pub fn fragments(&self) -> &[Arc<Fragment>] {
        &self.fragments
    }

    /// All articles, by id.
    pub fn articles(&self) -> &[Article] {
        &self.articles
    }

    /// The article whose title or alias is `name`, whatever its case and accents.
    pub fn article_by_title_or_alias(&self, name: &str) -> Option<&Article> {
        self.names.find(name).map(|number| &self.articles[number])
    }

    /// Whether a page of a collection is called `title`, whatever its case and accents and a note in brackets behind it.
    pub fn has_page_on(&self, title: &str) -> bool {
        // A collection that cannot be read has nothing to tell.
        self.collections().iter().any(|collection| collection.has_page_on(title).unwrap_or(false))
    }

    /// The titles and aliases that occur in `text` as whole words, in order; the longest where several overlap. An artist is
    /// also found by a family name that no other artist bears.
    pub fn entities(&self, text: &str) -> Vec<Entity> {
        self.names.occurring(text, &self.articles)
    }
}
