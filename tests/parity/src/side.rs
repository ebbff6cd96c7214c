//! One side of a comparison: a function with its paths and guarantees.

use anyhow::Result;
use atomics_machine_code::abi::Abi;
use atomics_machine_code::cfg::{self, Code, Graph};

use crate::point::{PREFIX, Point};
use crate::track::{self, Path};
use crate::verdict::Ordered;

/// A function, the paths through it, and their guarantees.
pub struct Side {
    /// The instructions.
    pub graph: Graph,
    /// The paths through the function.
    pub paths: Vec<Path>,
    /// The guarantees of the paths.
    pub ordered: Ordered,
}

impl Side {
    /// Reads the function of an operation.
    ///
    /// # Errors
    ///
    /// If the function does not exist, or an instruction is unknown.
    pub fn read(code: Code<'_>, point: &Point, abi: Abi) -> Result<Self> {
        let graph = cfg::graph(code, &format!("{PREFIX}{}", point.name))?;
        let paths = track::paths(&graph, &point.arguments(abi), code.isa)?;
        let ordered = Ordered::new(&paths, point, code.isa)?;
        Ok(Self {
            graph,
            paths,
            ordered,
        })
    }
}
