/// What PyTorch's `collect_env` says of the machine, which lm-evaluation-harness copies into its results: one `key:
/// value` a line, with the output of `lscpu` at its end. Source: PyTorch, `torch/utils/collect_env.py`.
enum EnvironmentReport {
    /// The machine, as far as `report` tells; a report that is none tells nothing.
    static func host(_ report: String) -> MeasuringHost {
        var host = MeasuringHost()
        var isInCPU = false
        var isInGPU = false
        var gpus: [String] = []
        for line in report.split(whereSeparator: \.isNewline).prefix(1_000) {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmed }
            guard let key = parts.first else { continue }
            let value = parts.count > 1 ? parts[1] : ""
            // Several GPUs stand on lines of their own: "GPU 0: NVIDIA A100-SXM4-80GB".
            if isInGPU || key == "GPU models and configuration" {
                isInGPU = key == "GPU models and configuration" || key.hasPrefix("GPU ")
                let name = key.hasPrefix("GPU ") && key != "GPU models and configuration" ? value : gpu(value)
                if isInGPU, let name = told(name) { gpus.append(name) }
            }
            switch key {
            case "OS": host.os = told(value)
            case "CPU": isInCPU = true
            case "Model name" where isInCPU: host.cpu = host.cpu ?? told(value)
            case "CPU(s)" where isInCPU: host.coreCount = host.coreCount ?? ResultNumber.count(value)
            default: break
            }
        }
        if !gpus.isEmpty { host.gpu = gpus.joined(separator: ", ") }
        return host
    }

    /// `NVIDIA A100` of `GPU 0: NVIDIA A100`, which stands on the line of the heading.
    private static func gpu(_ value: String) -> String {
        guard value.hasPrefix("GPU "), let colon = value.firstIndex(of: ":") else { return value }
        return value[value.index(after: colon)...].trimmed
    }

    private static func told(_ value: String) -> String? {
        ["", "N/A", "No CUDA", "Could not collect", "-"].contains(value) ? nil : value
    }
}

extension StringProtocol {
    /// The text without white space at its ends.
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
