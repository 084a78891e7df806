import Foundation
import Registry

/// A model of another tool, by the name that it has there: `hf:owner/name`, `ollama:name:tag`, `lmstudio:owner/name`.
enum OtherStore {
    /// The path of the model; nil when the text is none of these names.
    static func place(
        named text: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> String? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = String(text[text.index(after: colon)...])
        let home = environment["HOME"] ?? NSHomeDirectory()
        switch text[..<colon] {
        case "hf": return try hub(environment) + "/models--" + part(name).replacing("/", with: "--")
        case "ollama": return try ollama(environment, home) + "/manifests/" + manifest(part(name))
        case "lmstudio": return try lmStudio(home) + "/models/" + part(name)
        default: return nil
        }
    }

    /// The cache of Hugging Face's libraries, as these find it.
    static func hub(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        let home = environment["HOME"] ?? NSHomeDirectory()
        let set = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        return set("HF_HUB_CACHE") ?? set("HUGGINGFACE_HUB_CACHE") ?? set("HF_HOME").map { $0 + "/hub" }
            ?? (set("XDG_CACHE_HOME") ?? home + "/.cache") + "/huggingface/hub"
    }

    private static func ollama(_ environment: [String: String], _ home: String) -> String {
        if let set = environment["OLLAMA_MODELS"], !set.isEmpty { return set }
        let own = home + "/.ollama/models", service = "/usr/share/ollama/.ollama/models"
        let isService = !FileManager.default.fileExists(atPath: own) && FileManager.default.fileExists(atPath: service)
        return isService ? service : own
    }

    private static func lmStudio(_ home: String) -> String {
        let older = home + "/.cache/lm-studio"
        return FileManager.default.fileExists(atPath: older + "/models") ? older : home + "/.lmstudio"
    }

    /// `[host/][namespace/]model[:tag]` as a path below `manifests`.
    private static func manifest(_ name: String) -> String {
        var parts = name.split(separator: "/").map(String.init)
        let last = (parts.popLast() ?? "").split(separator: ":", maxSplits: 1).map(String.init)
        if parts.isEmpty { parts = ["library"] }
        if parts.count == 1 { parts.insert("registry.ollama.ai", at: 0) }
        return (parts + [last.first ?? "", last.count > 1 ? last[1] : "latest"]).joined(separator: "/")
    }

    private static func part(_ name: String) throws -> String {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw RegistryError("'\(name)' is no model's name", remedy: "Name it as its tool does: owner/name")
        }
        return name
    }
}
