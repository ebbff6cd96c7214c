//! The machine on which functions are timed.

use std::collections::BTreeSet;
use std::fs;

/// The machine on which functions are timed.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The name of its CPU.
    pub cpu: String,
    /// How many CPUs it has.
    pub cpus: usize,
    /// Whether its CPUs are threads of one core, so that a cache line does not move between them.
    pub shares_core: bool,
    /// Whether it is virtual.
    pub is_virtual: bool,
}

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let cpu = info.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            ["model name", "Model", "uarch"]
                .contains(&key.trim())
                .then(|| value.trim().to_owned())
        });
        let flags = info.lines().find(|line| line.starts_with("flags"));
        let cores = cores();
        Self {
            cpu: cpu.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cpus: cores.len(),
            shares_core: cores.len() > 1 && cores.iter().collect::<BTreeSet<_>>().len() == 1,
            is_virtual: flags
                .is_some_and(|line| line.ends_with(" hypervisor") || line.contains(" hypervisor ")),
        }
    }

    /// What a reader of times has to know.
    pub fn text(&self) -> String {
        let kind = if self.is_virtual {
            "a virtual machine, "
        } else {
            ""
        };
        let cpus = match (self.cpus, self.shares_core) {
            (0 | 1, _) => "one CPU".to_owned(),
            (count, true) => format!("{count} CPUs, which share a core"),
            (count, false) => format!("{count} CPUs on cores of their own"),
        };
        format!("{kind}{}, {cpus}", self.cpu)
    }
}

/// The core of each CPU: the CPUs that share it.
fn cores() -> Vec<String> {
    let path = |cpu| format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
    let cores = (0..).map_while(|cpu: u32| fs::read_to_string(path(cpu)).ok());
    cores.map(|text| text.trim().to_owned()).collect()
}
