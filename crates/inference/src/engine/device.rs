//! CPU, CUDA or Metal, with the reason in words.

use candle_core::Device;

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceWish {
    /// The best there is.
    #[default]
    Automatic,
    /// The processor, whatever else there is.
    Cpu,
    /// The graphics card and nothing else.
    Graphics,
}

/// The device that was chosen.
#[derive(Debug, Clone)]
pub struct DeviceChoice {
    /// It.
    pub device: Device,
    /// Why, as a sentence.
    pub reason: String,
    /// Whether what was asked for could be had.
    pub as_wished: bool,
}

/// Chooses a device. Never fails: a wish that can't be had ends on the processor, and the reason says why.
pub fn choose_device(wish: DeviceWish) -> DeviceChoice {
    let cpu = |reason: String, as_wished| DeviceChoice { device: Device::Cpu, reason, as_wished };
    if wish == DeviceWish::Cpu {
        return cpu("The processor is used, as asked for.".into(), true);
    }
    match graphics() {
        Ok((device, name)) => DeviceChoice { device, reason: format!("{name} is used."), as_wished: true },
        Err(cause) => cpu(format!("The processor is used, because {cause}."), wish != DeviceWish::Graphics),
    }
}

/// A graphics card, or why there is none; continues "because".
fn graphics() -> Result<(Device, &'static str), String> {
    if cfg!(target_os = "macos") {
        return Device::new_metal(0)
            .map(|device| (device, "The graphics card (Metal)"))
            .map_err(|error| format!("Metal can't be used: {}", first_line(&error)));
    }
    // What was compiled in can't be asked without trying: the library's own answer is a constant.
    Device::new_cuda(0).map(|device| (device, "The graphics card (CUDA)")).map_err(|error| match error {
        candle_core::Error::NotCompiledWithCudaSupport => {
            "this program was built without support for graphics cards".into()
        }
        error => format!("CUDA can't be used: {}", first_line(&error)),
    })
}

fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_always_found_and_the_reason_said() {
        let cpu = choose_device(DeviceWish::Cpu);
        assert!(cpu.device.is_cpu() && cpu.as_wished);
        for wish in [DeviceWish::Automatic, DeviceWish::Graphics] {
            let choice = choose_device(wish);
            if choice.device.is_cpu() {
                assert!(choice.reason.starts_with("The processor is used, because ") && choice.reason.ends_with('.'));
                assert_eq!(choice.as_wished, wish == DeviceWish::Automatic);
            }
        }
    }
}
