//! `arch/*.tbl`: the instructions of one architecture, or the C expressions, for variants and
//! barriers.

mod features;
mod model;
mod parse;
mod template;

pub use features::{Feature, Features, KernelFeature, Sequence};
pub use model::{Arch, BARRIERS, Barrier, Fence, Lang, PAIR, Size, reaches_devices};
pub(crate) use parse::{architecture, parse};
pub use template::{
    CodeLine, Fill, NO, NO_LABEL, ResultLocation, Scratch, Template, Truth, WrittenLine,
};
