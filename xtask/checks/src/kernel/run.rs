//! Runs a kernel to its end, as a program or in QEMU. What its console prints goes to a file.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use atomics_machine_code::boot::Boot;
use atomics_tools::{Toolchain, qemu_system};

use super::progress::Log;

/// How many CPUs a kernel has. The tests with several workers need more than one.
const CPUS: usize = 2;
/// The time limit for running a kernel.
const TIMEOUT: Duration = Duration::from_secs(900);

/// A kernel to run.
pub struct Kernel<'a> {
    /// The programs in PATH.
    pub tools: &'a Toolchain,
    /// The build folder.
    pub build: &'a Path,
    /// Whether QEMU may use KVM.
    pub kvm: bool,
}

impl Kernel<'_> {
    /// Runs a user-mode kernel. kunit.py could do that, but a user-mode kernel drops console output
    /// if the reader of a pipe is too slow.
    ///
    /// # Errors
    ///
    /// If it fails, or does not end.
    pub fn as_program(&self, console: &Path, log: &mut Log) -> Result<()> {
        let mut kernel = self.tools.command(self.build.join("linux"));
        kernel.current_dir(self.build);
        kernel.args([
            "mem=1G",
            "console=tty",
            "kunit.enable=1",
            "kunit_shutdown=halt",
        ]);
        // Several CPUs work only without ptrace.
        kernel.args(["seccomp=on", &format!("ncpus={CPUS}")]);
        log.run_into(&mut kernel, console, TIMEOUT)
    }

    /// Runs a kernel in QEMU, on the CPU model `cpu`, if given, else on QEMU's default.
    ///
    /// # Errors
    ///
    /// If QEMU fails, or the kernel does not turn its machine off.
    pub fn in_qemu(
        &self,
        boot: &Boot,
        cpu: Option<&str>,
        console: &Path,
        log: &mut Log,
    ) -> Result<()> {
        let mut qemu = self.qemu(boot, cpu)?;
        qemu.current_dir(self.build);
        let parameters = format!("kunit.enable=1 {}", boot.parameters);
        qemu.arg("-kernel").arg(self.build.join(boot.image));
        qemu.args(["-append", &parameters, "-serial", "stdio"]);
        log.run_into(&mut qemu, console, TIMEOUT)
    }

    /// Why QEMU does not know the CPU model `cpu` or an option of it, if so.
    ///
    /// # Errors
    ///
    /// If QEMU does not start.
    pub fn lacks_cpu(&self, boot: &Boot, cpu: &str) -> Result<Option<String>> {
        let mut qemu = self.qemu(boot, Some(cpu))?;
        // The machine is made, does not start, and ends by the monitor's command.
        qemu.args(["-S", "-serial", "none", "-monitor", "stdio"]);
        qemu.stdin(Stdio::piped());
        qemu.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = qemu.spawn().context("cannot start QEMU")?;
        if let Some(mut monitor) = child.stdin.take() {
            // QEMU may already have ended.
            let _ = monitor.write_all(b"quit\n");
        }
        let output = child.wait_with_output().context("cannot wait for QEMU")?;
        if output.status.success() {
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().unwrap_or("QEMU says nothing");
        Ok(Some(said.to_owned()))
    }

    /// QEMU with the emulated machine.
    fn qemu(&self, boot: &Boot, cpu: Option<&str>) -> Result<Command> {
        let emulator = qemu_system::find(boot.emulator);
        let emulator = emulator.with_context(|| format!("{} is missing", boot.emulator))?;
        let mut qemu = self.tools.command(emulator);
        qemu.args(boot.machine);
        if let Some(cpu) = cpu {
            qemu.args(["-cpu", cpu]);
        }
        if self.kvm {
            qemu.args(["-accel", "kvm"]);
        }
        qemu.args(["-accel", "tcg", "-m", "1G", "-smp", &CPUS.to_string()]);
        qemu.args(["-nodefaults", "-display", "none", "-no-reboot"]);
        Ok(qemu)
    }
}
