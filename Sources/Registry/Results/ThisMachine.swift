import Foundation
import Measurements

/// The machine that Ingot runs on.
enum ThisMachine {
    /// What can be told of it without asking anyone: nothing is run, and what is not told stays nil.
    static func description() -> MeasuringHost {
        let process = ProcessInfo.processInfo
        return MeasuringHost(
            name: told(process.hostName), cpu: cpu(inProcessorList: text("/proc/cpuinfo")),
            coreCount: max(1, process.processorCount), memoryByteCount: Int(exactly: process.physicalMemory),
            gpu: gpu(), os: os(inRelease: text("/etc/os-release")) ?? told(process.operatingSystemVersionString))
    }

    /// The first processor's model, from Linux's `/proc/cpuinfo`: `model name` on x86-64, `Model` on some others.
    static func cpu(inProcessorList list: String) -> String? {
        let lines = list.split(separator: "\n").prefix(1_000)
        for key in ["model name", "Model", "cpu model"] {
            let line = lines.first { $0.hasPrefix(key) && $0.contains(":") }
            guard let line, let colon = line.firstIndex(of: ":") else { continue }
            if let name = told(String(line[line.index(after: colon)...])) { return name }
        }
        return nil
    }

    /// The name with the version, from `/etc/os-release`.
    static func os(inRelease release: String) -> String? {
        let key = "PRETTY_NAME="
        guard let line = release.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
        return told(line.dropFirst(key.count).trimmingCharacters(in: CharacterSet(charactersIn: "\"'")))
    }

    /// The models of the accelerators whose driver lists them, joined by commas.
    private static func gpu() -> String? {
        let folder = "/proc/driver/nvidia/gpus"
        // A machine without the driver has no such folder.
        guard let entries = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
        let names = entries.sorted().compactMap { gpu(inInformation: text("\(folder)/\($0)/information")) }
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }

    /// The model, from the driver's `information`: `Model: 		 NVIDIA A100`.
    static func gpu(inInformation information: String) -> String? {
        let line = information.split(separator: "\n").first { $0.hasPrefix("Model:") }
        return line.flatMap { told(String($0.dropFirst("Model:".count))) }
    }

    /// What the system says under `path`; empty where it has no such file.
    private static func text(_ path: String) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { return "" }
        return String(decoding: data.prefix(1 << 20), as: UTF8.self)
    }

    private static func told(_ text: String) -> String? {
        let text = text.trimmingCharacters(in: .whitespaces)
        return text.isEmpty || text == "unknown" ? nil : text
    }
}
