//! How the kernel of an architecture boots in QEMU: what its configuration needs for that, and how
//! QEMU is started. The list of architectures, [`crate::targets`], refers to these.

/// A kernel that boots in QEMU.
#[derive(Clone, Copy, Debug)]
pub struct Boot {
    /// The name of the architecture in `cargo xtask kernel --arch`.
    pub name: &'static str,
    /// The size of its configuration.
    pub size: Size,
    /// Configuration lines for the emulated machine, such as its console. They come besides those of
    /// [`crate::target::Kernel`]. A small kernel also needs a module with an example that uses
    /// `#[vtable]`; without one, rustc warns about the file with all examples.
    pub config: &'static [&'static str],
    /// The make target of the file that QEMU loads.
    pub make: &'static str,
    /// The path of that file in the build folder.
    pub image: &'static str,
    /// QEMU's program.
    pub emulator: &'static str,
    /// QEMU's options for the emulated machine.
    pub machine: &'static [&'static str],
    /// The parameters of the kernel: its console, and how KUnit ends its run. QEMU ends when the
    /// kernel turns the machine off, and when it restarts it.
    pub parameters: &'static str,
    /// The CPUs to run on: QEMU CPU models, with options. Empty for QEMU's default.
    pub cpus: &'static [&'static str],
}

/// The size of a kernel's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// All options have the defaults of the architecture.
    Default,
    /// All options are off that are neither asked for nor needed.
    Small,
}

/// The smallest module with an example that uses `#[vtable]`.
const VTABLE: &str = "CONFIG_CPU_FREQ=y";

pub(crate) const X86_64: Boot = Boot {
    name: "x86_64",
    size: Size::Default,
    config: &["CONFIG_SERIAL_8250=y", "CONFIG_SERIAL_8250_CONSOLE=y"],
    make: "all",
    image: "arch/x86/boot/bzImage",
    emulator: "qemu-system-x86_64",
    machine: &["-machine", "pc"],
    parameters: "console=ttyS0 kunit_shutdown=reboot",
    cpus: &[],
};

pub(crate) const ARM64: Boot = Boot {
    name: "arm64",
    size: Size::Small,
    config: &[
        VTABLE,
        "CONFIG_SERIAL_AMBA_PL011=y",
        "CONFIG_SERIAL_AMBA_PL011_CONSOLE=y",
    ],
    make: "Image",
    image: "arch/arm64/boot/Image",
    emulator: "qemu-system-aarch64",
    machine: &["-machine", "virt"],
    parameters: "console=ttyAMA0 kunit_shutdown=poweroff",
    // Without LSE, and with it. The kernel does not use the pointer authentication that `max` has,
    // and emulating it would be slow.
    cpus: &["cortex-a57", "max,pauth=off"],
};

pub(crate) const ARM: Boot = Boot {
    name: "arm",
    size: Size::Small,
    config: &[
        VTABLE,
        "CONFIG_AEABI=y",
        "CONFIG_SERIAL_AMBA_PL011=y",
        "CONFIG_SERIAL_AMBA_PL011_CONSOLE=y",
    ],
    make: "zImage",
    image: "arch/arm/boot/zImage",
    emulator: "qemu-system-arm",
    machine: &["-machine", "virt"],
    parameters: "console=ttyAMA0 kunit_shutdown=poweroff",
    cpus: &["cortex-a7", "max"],
};

pub(crate) const RISCV64: Boot = Boot {
    name: "riscv64",
    size: Size::Small,
    config: &[
        VTABLE,
        "CONFIG_RISCV_SBI=y",
        "CONFIG_SERIAL_8250=y",
        "CONFIG_SERIAL_8250_CONSOLE=y",
        "CONFIG_SERIAL_OF_PLATFORM=y",
    ],
    make: "Image",
    image: "arch/riscv/boot/Image",
    emulator: "qemu-system-riscv64",
    machine: &["-machine", "virt"],
    parameters: "console=ttyS0 kunit_shutdown=poweroff",
    cpus: &["rv64,zabha=off,zacas=off", "rv64,zabha=on,zacas=on"],
};

pub(crate) const POWERPC64: Boot = Boot {
    name: "powerpc64le",
    size: Size::Small,
    config: &[
        VTABLE,
        // In Linux 7.3, the Rust code for it includes assembly that powerpc does not have.
        "CONFIG_BUG=n",
        "CONFIG_PPC_PSERIES=y",
        // QEMU's firmware is an Open Firmware, which the kernel is booted from.
        "CONFIG_PPC_OF_BOOT_TRAMPOLINE=y",
        "CONFIG_HVC_CONSOLE=y",
    ],
    make: "vmlinux",
    image: "vmlinux",
    emulator: "qemu-system-ppc64",
    machine: &["-machine", "pseries"],
    parameters: "console=hvc0 kunit_shutdown=poweroff",
    cpus: &["power8", "power10"],
};

pub(crate) const S390X: Boot = Boot {
    name: "s390x",
    size: Size::Small,
    config: &[
        "CONFIG_BLOCK=y",
        "CONFIG_SCLP_CONSOLE=y",
        "CONFIG_SCLP_TTY=y",
    ],
    make: "bzImage",
    image: "arch/s390/boot/bzImage",
    emulator: "qemu-system-s390x",
    machine: &["-machine", "s390-ccw-virtio"],
    parameters: "console=ttyS0 kunit_shutdown=reboot",
    cpus: &["max"],
};

pub(crate) const LOONGARCH64: Boot = Boot {
    name: "loongarch64",
    size: Size::Small,
    config: &[
        VTABLE,
        "CONFIG_MFD_SYSCON=y",
        "CONFIG_POWER_RESET=y",
        "CONFIG_POWER_RESET_SYSCON=y",
        "CONFIG_POWER_RESET_SYSCON_POWEROFF=y",
        "CONFIG_SERIAL_8250=y",
        "CONFIG_SERIAL_8250_CONSOLE=y",
        "CONFIG_SERIAL_OF_PLATFORM=y",
    ],
    make: "vmlinux.elf",
    image: "arch/loongarch/boot/vmlinux.elf",
    emulator: "qemu-system-loongarch64",
    machine: &["-machine", "virt"],
    parameters: "console=ttyS0 kunit_shutdown=poweroff",
    cpus: &["max"],
};
