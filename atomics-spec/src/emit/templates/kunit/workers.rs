//! Several workers that run at the same time: work items of the system workqueue, each on its own
//! CPU if there are enough.
//!
//! Workers wait for each other on completions, so the tests also finish on a single CPU. With more
//! CPUs, a worker then polls until the others run too, for a limited number of times.

use super::super::*;
use crate::cpu::{nr_cpu_ids, CpuId};
use crate::cpumask::Cpumask;
use crate::impl_has_work;
use crate::prelude::*;
use crate::processor::cpu_relax;
use crate::sync::{Arc, Completion};
use crate::workqueue::{self, new_work, RawWorkItem, Work, WorkItem};

/// The number of workers.
pub(super) const WORKERS: usize = 4;
/// How often a worker polls for the others.
const LOOKS: usize = 10_000;

/// The progress of a worker.
#[pin_data]
struct Progress {
    #[pin]
    ready: Completion,
    #[pin]
    done: Completion,
}

impl Progress {
    fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            ready <- Completion::new(),
            done <- Completion::new(),
        })
    }
}

/// The data that workers share, and their synchronisation.
#[pin_data]
pub(super) struct Meeting<S> {
    pub(super) shared: S,
    awake: Atomic<usize>,
    #[pin]
    start: Completion,
    #[pin]
    progress: [Progress; WORKERS],
}

#[pin_data]
struct Worker<S: Send + Sync + 'static> {
    meeting: Arc<Meeting<S>>,
    number: usize,
    job: fn(&S, usize),
    #[pin]
    work: Work<Self>,
}

impl_has_work! {
    impl{S: Send + Sync + 'static} HasWork<Self> for Worker<S> { self.work }
}

impl<S: Send + Sync + 'static> WorkItem for Worker<S> {
    type Pointer = Pin<KBox<Self>>;

    fn run(this: Pin<KBox<Self>>) {
        let meeting = &this.meeting;
        let progress = &meeting.progress[this.number];
        progress.ready.complete_all();
        meeting.start.wait_for_completion();
        meeting.awake.add(1, Relaxed);
        let wanted = WORKERS.min(online().count());
        let mut looks = 0..LOOKS;
        while meeting.awake.load(Relaxed) < wanted && looks.next().is_some() {
            cpu_relax();
        }
        (this.job)(&meeting.shared, this.number);
        progress.done.complete_all();
    }
}

/// The CPUs that are online.
fn online() -> impl Iterator<Item = CpuId> + Clone {
    // SAFETY: The mask of online CPUs is a static of the kernel, valid for its whole lifetime.
    let mask = unsafe { Cpumask::from_raw(&raw const bindings::__cpu_online_mask) };
    let possible = (0..nr_cpu_ids()).filter_map(CpuId::from_u32);
    possible.filter(|cpu| mask.test(*cpu))
}

/// Queues the work item of a worker on its CPU.
fn spawn<S>(meeting: Arc<Meeting<S>>, number: usize, job: fn(&S, usize)) -> Result
where
    S: Send + Sync + 'static,
{
    let worker = KBox::pin_init(
        pin_init!(Worker {
            meeting,
            number,
            job,
            work <- new_work!("rust_atomics"),
        }),
        GFP_KERNEL,
    )?;
    let cpu = online().cycle().nth(number).ok_or(ENODEV)?;
    let cpu = i32::try_from(cpu.as_u32())?;
    let queue = core::ptr::from_ref(workqueue::system());
    let queue = queue.cast::<bindings::workqueue_struct>().cast_mut();
    // SAFETY: The worker is new, so it is not in a queue yet. It is `Send` and `'static`, so any
    // thread may run it at any time. A `Queue` has the layout of the C structure, and the system
    // workqueue always exists.
    unsafe { worker.__enqueue(|work| bindings::queue_work_on(cpu, queue, work)) };
    Ok(())
}

/// Runs `job` on all workers, with their numbers, and waits for them. They start together.
pub(super) fn together<S>(shared: S, job: fn(&S, usize)) -> Result<Arc<Meeting<S>>>
where
    S: Send + Sync + 'static,
{
    let meeting = Arc::pin_init(
        pin_init!(Meeting {
            shared,
            awake: Atomic::new(0),
            start <- Completion::new(),
            progress <- pin_init::pin_init_array_from_fn(|_| Progress::new()),
        }),
        GFP_KERNEL,
    )?;
    let mut spawned = Ok(());
    let mut count = 0;
    while count < WORKERS && spawned.is_ok() {
        spawned = spawn(meeting.clone(), count, job);
        count += usize::from(spawned.is_ok());
    }
    // Workers that were started must not wait for one that could not be.
    let progress = &meeting.progress[..count];
    progress.iter().for_each(|p| p.ready.wait_for_completion());
    meeting.start.complete_all();
    progress.iter().for_each(|p| p.done.wait_for_completion());
    spawned?;
    Ok(meeting)
}
