/// What a barrier orders: loads before loads. See [`barrier`](super::barrier).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read;

/// What a barrier orders: stores before stores. See [`barrier`](super::barrier).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Write;

