//! The device that a pack computes on, and why a GPU can't be used, in words.

use candle_core::{Device, Tensor};

/// What kind of device is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor; always there.
    Cpu,
    /// The graphics processor that this program was built for: NVIDIA's with the feature `cuda`, Apple's with `metal`.
    Gpu,
}

/// A device that has computed a little already.
#[derive(Debug, Clone)]
pub struct OpenDevice {
    /// What tensors are made on.
    pub device: Device,
    /// Its name for people, e.g. `CPU` or `NVIDIA H100 80GB HBM3`.
    pub name: String,
}

/// Why a device can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The program knows no GPU at all.
    #[error("this program was built for the CPU alone; build vitrine-worker with the feature `cuda` or `metal`")]
    NotBuilt,
    /// The pack's models are made for the CPU.
    #[error("the pack {pack} computes on the CPU alone")]
    CpuAlone {
        /// The pack's id.
        pack: String,
    },
    /// The library below refused.
    #[error("{reason} ({said})")]
    Unusable {
        /// What that means, and what to do.
        reason: &'static str,
        /// The library's own words.
        said: String,
    },
}

impl OpenDevice {
    /// Opens the device number `ordinal` of `kind` and computes a small product on it, so that what can't work fails here:
    /// a missing driver, a driver too old for the kernels, kernels for another generation of GPU.
    pub fn open(kind: DeviceKind, ordinal: usize) -> Result<Self, DeviceError> {
        let unusable = |error: candle_core::Error| {
            let said = error.to_string();
            DeviceError::Unusable { reason: in_words(&said), said: first_line(&said) }
        };
        let device = match kind {
            DeviceKind::Cpu => Device::Cpu,
            // `cuda_is_available` is a constant of the build: only opening tells.
            DeviceKind::Gpu if cfg!(feature = "cuda") => Device::new_cuda(ordinal).map_err(unusable)?,
            DeviceKind::Gpu if cfg!(feature = "metal") => Device::new_metal(ordinal).map_err(unusable)?,
            DeviceKind::Gpu => return Err(DeviceError::NotBuilt),
        };
        rehearse(&device).map_err(unusable)?;
        let name = name(&device);
        Ok(Self { device, name })
    }

    /// The bytes of memory that are free on it now, where that can be known.
    pub fn free_memory(&self) -> Option<u64> {
        match &self.device {
            Device::Cpu => free_main_memory(),
            #[cfg(feature = "cuda")]
            Device::Cuda(device) => {
                device.cuda_stream().context().mem_get_info().ok().and_then(|(free, _)| free.try_into().ok())
            }
            _ => None,
        }
    }
}

/// A matrix product and an element-wise kernel, compared with the numbers that must come out.
fn rehearse(device: &Device) -> candle_core::Result<()> {
    let matrix = Tensor::new(&[[1f32, 2.0], [3.0, 4.0]], device)?;
    let found = (matrix.matmul(&matrix)? + 1.0)?.to_vec2::<f32>()?;
    if found == [[8.0, 11.0], [16.0, 23.0]] {
        Ok(())
    } else {
        Err(candle_core::Error::msg(format!("a product of two small matrices came out as {found:?}")))
    }
}

fn name(device: &Device) -> String {
    match device {
        Device::Cpu => "CPU".into(),
        #[cfg(feature = "cuda")]
        Device::Cuda(device) => device.cuda_stream().context().name().unwrap_or_else(|_| "NVIDIA GPU".into()),
        #[cfg(not(feature = "cuda"))]
        Device::Cuda(_) => "NVIDIA GPU".into(),
        Device::Metal(_) => "Apple GPU".into(),
    }
}

/// Linux tells what can be had without swapping; elsewhere nothing is claimed.
fn free_main_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What the words of NVIDIA's driver, of its libraries or of the system's loader mean for a person.
pub(crate) fn in_words(said: &str) -> &'static str {
    // The first that occurs holds: the more special ones come first.
    const MEANINGS: [(&str, &str); 15] = [
        ("libcuda.so", "no NVIDIA driver was found; install the driver of the graphics card"),
        ("nvcuda.dll", "no NVIDIA driver was found; install the driver of the graphics card"),
        (
            "error while loading shared libraries",
            "a library of NVIDIA's is missing; put it into the folder cuda beside the worker",
        ),
        (
            "CUDA_ERROR_STUB_LIBRARY",
            "no NVIDIA driver was found, only a stand-in for it; install the driver of the graphics card",
        ),
        ("CUDA_ERROR_NO_DEVICE", "a driver was found, but no NVIDIA graphics card"),
        ("CUDA_ERROR_INVALID_DEVICE", "there is no graphics card of this number"),
        ("CUDA_ERROR_DEVICE_UNAVAILABLE", "another program holds the graphics card for itself"),
        ("CUDA_ERROR_OUT_OF_MEMORY", "the graphics card has no memory left; close other programs that use it"),
        (
            "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH",
            "the NVIDIA driver was updated but is not in use yet; restart the computer",
        ),
        ("CUDA_ERROR_SYSTEM_NOT_READY", "the NVIDIA driver is not ready; restart the computer"),
        ("CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the NVIDIA driver is too old for this worker; update it"),
        ("CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", "the NVIDIA driver is too old for this worker; update it"),
        (
            "CUDA_ERROR_INVALID_PTX",
            "this worker was built for another generation of graphics cards; build it for this one",
        ),
        (
            "CUDA_ERROR_NO_BINARY_FOR_GPU",
            "this worker was built for a newer generation of graphics cards; build it for this one",
        ),
        ("CUDA_ERROR_NOT_INITIALIZED", "the NVIDIA driver could not be started; restart the computer"),
    ];
    let meaning = MEANINGS.iter().find(|(needle, _)| said.contains(needle));
    meaning.map_or("the graphics card can't be used", |(_, reason)| reason)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_always_there() {
        let device = OpenDevice::open(DeviceKind::Cpu, 0).unwrap();
        assert_eq!(device.name, "CPU");
        if cfg!(target_os = "linux") {
            assert!(device.free_memory().unwrap() > 1 << 20);
        }
    }

    #[cfg(not(any(feature = "cuda", feature = "metal")))]
    #[test]
    fn a_build_without_gpu_says_so() {
        let error = OpenDevice::open(DeviceKind::Gpu, 0).unwrap_err().to_string();
        assert!(error.contains("built for the CPU alone") && error.contains("feature `cuda`"), "{error}");
    }

    #[test]
    fn refusals_are_put_in_words() {
        let loader =
            "vitrine-worker: error while loading shared libraries: libcuda.so.1: cannot open shared object file";
        assert!(in_words(loader).contains("no NVIDIA driver was found"));
        assert!(
            in_words(&loader.replace("libcuda.so.1", "libcublas.so.13")).contains("library of NVIDIA's is missing")
        );
        let driver = "DriverError(CUDA_ERROR_NO_DEVICE, \"no CUDA-capable device is detected\")";
        assert!(in_words(driver).contains("no NVIDIA graphics card"));
        assert_eq!(in_words("?"), "the graphics card can't be used");
    }
}
