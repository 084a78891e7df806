import Bytes
import Formats
import Foundation
import Numbers
import Testing

@testable import Transforms

/// Mixtures against what llama-quantize chose for the same models.
@Suite("Mixtures of llama.cpp") struct GGUFMixtureTests {
    static let models = Fixtures.names(in: "llama-quantize", ending: ".json")

    @Test("choose each tensor's type as llama-quantize does", arguments: models)
    func agreement(model: String) throws {
        let golden = try MixtureGolden(model)
        #expect(golden.types.count > 20)
        for (key, letters) in golden.types {
            let (name, hasImportance) = MixtureGolden.request(key)
            let mixture = try #require(GGUFMixture(named: name))
            #expect(mixture.fileType.number == golden.fileTypes[name])
            // Where both are the same, the table holds only the one without an importance matrix.
            let isShared = golden.types[name + "+imatrix"] == nil && golden.refused[name + "+imatrix"] == nil
            for importance in isShared ? [false, true] : [hasImportance] {
                let choices = try mixture.types(
                    of: golden.tensors, model: golden.model, hasImportance: importance)
                #expect(golden.differences(choices, letters) == [], "\(name), importance \(importance)")
            }
        }
    }

    @Test("refuse what llama-quantize refuses", arguments: models)
    func refusals(model: String) throws {
        let golden = try MixtureGolden(model)
        for key in golden.refused.keys {
            let (name, hasImportance) = MixtureGolden.request(key)
            let mixture = try #require(GGUFMixture(named: name))
            #expect(throws: FormatError.self, "\(key)") {
                _ = try mixture.types(of: golden.tensors, model: golden.model, hasImportance: hasImportance)
            }
        }
    }

    @Test("count on without the tensors that rules decide about") func overrides() throws {
        let golden = try MixtureGolden("llama-16-gqa4.json")
        #expect(golden.overrides.count == 3)
        for (fileType, rules, letters) in golden.overrides {
            let mixture = try #require(GGUFMixture(named: fileType))
            let overridden = try golden.tensors.indices.filter { index in
                try rules.contains { try TensorRule(keeping: $0.pattern).applies(to: golden.tensors[index].name) }
            }
            let choices = try mixture.types(
                of: golden.tensors, model: golden.model, hasImportance: false, overridden: Set(overridden))
            let rest = zip(choices, letters).enumerated().filter { !overridden.contains($0.offset) }
            #expect(rest.count > 80)
            for (index, (choice, letter)) in rest {
                #expect(MixtureGolden.matches(choice, letter), "\(fileType) \(golden.tensors[index].name)")
            }
        }
    }

    @Test("say which tensor got another type than the one meant") func fallbacks() throws {
        let golden = try MixtureGolden("smollm2-135m.json")
        let choices = try #require(GGUFMixture(named: "gguf-q4_k_m"))
            .types(of: golden.tensors, model: golden.model, hasImportance: false)
        let query = try #require(golden.tensors.firstIndex { $0.name == "blk.0.attn_q.weight" })
        #expect(choices[query] == .store(.block(.Q5_0), wanted: .Q4_K))
        let norm = try #require(golden.tensors.firstIndex { $0.name == "blk.0.attn_norm.weight" })
        #expect(choices[norm] == .keep(reason: "no matrix"))
    }

    @Test("are found by the names of file types only") func names() {
        #expect(GGUFMixture(named: "q4_k_m")?.id == "gguf-q4_k_m")
        #expect(GGUFMixture(named: "gguf-bf16")?.fileType.number == 32)
        for name in ["q4_k", "mxfp4", "nvfp4", "iq2_xs", "nf4", ""] { #expect(GGUFMixture(named: name) == nil) }
        #expect(GGUFMixture.all.count == 25)
    }
}

/// What llama-quantize chose for one model.
struct MixtureGolden {
    let tensors: [(name: String, shape: [Int])]
    let model: MixtureModel
    let fileTypes: [String: Int]
    /// By file type, with `+imatrix` behind it: a letter for each tensor.
    let types: [String: [Character]]
    let refused: [String: String]
    let overrides: [(fileType: String, rules: [(pattern: String, type: String)], types: [Character])]

    init(_ file: String) throws {
        let json = try Fixtures.json("llama-quantize/\(file)")
        tensors = try #require(json["tensors"]?.arrayValue).map { line in
            let words = (line.stringValue ?? "").split(separator: " ")
            return (String(words[0]), words[1].split(separator: "x").compactMap { Int($0) })
        }
        func number(_ key: String) throws -> Int { try #require(json[key]?.intValue) }
        model = MixtureModel(
            architecture: try #require(json["architecture"]?.stringValue), blockCount: try number("block_count"),
            headCount: try number("head_count"), keyValueHeadCount: try number("kv_head_count"),
            expertCount: try number("expert_count"))
        fileTypes = try Self.members(json["file_types"]).mapValues { try #require($0.intValue) }
        types = try Self.members(json["types"]).mapValues { Array(try #require($0.stringValue)) }
        refused = try Self.members(json["refused"]).mapValues { try #require($0.stringValue) }
        overrides = (json["overrides"]?.arrayValue ?? []).map { item in
            let rules = (item["rules"]?.arrayValue ?? []).compactMap(\.arrayValue)
            return (
                item["file_type"]?.stringValue ?? "",
                rules.map { ($0[0].stringValue ?? "", $0[1].stringValue ?? "") },
                Array(item["types"]?.stringValue ?? "")
            )
        }
    }

    private static func members(_ value: JSONValue?) throws -> [String: JSONValue] {
        let object = try #require(value?.objectValue)
        return Dictionary(uniqueKeysWithValues: object.members.map { ($0.key, $0.value) })
    }

    static func request(_ key: String) -> (name: String, hasImportance: Bool) {
        let parts = key.split(separator: "+")
        return (String(parts[0]), parts.count > 1)
    }

    func differences(_ choices: [GGUFMixture.Choice], _ letters: [Character]) -> [String] {
        zip(zip(tensors, choices), letters).filter { !Self.matches($0.1, $1) }
            .map { "\($0.0.name): \($0.1) instead of \($1)" }
    }

    static func matches(_ choice: GGUFMixture.Choice, _ letter: Character) -> Bool {
        switch choice {
        case .keep: letter == "-"
        case .store(let type, _): Self.letters[letter] == type
        }
    }

    private static let letters: [Character: ElementType] = [
        "a": .block(.Q4_0), "b": .block(.Q4_1), "c": .block(.Q5_0), "d": .block(.Q5_1), "e": .block(.Q8_0),
        "f": .block(.Q2_K), "g": .block(.Q3_K), "h": .block(.Q4_K), "i": .block(.Q5_K), "j": .block(.Q6_K),
        "k": .block(.IQ4_NL), "l": .block(.IQ4_XS), "m": .block(.TQ1_0), "n": .block(.TQ2_0), "o": .block(.MXFP4),
        "p": .block(.Q1_0), "q": .block(.Q2_0), "F": .plain(.F16), "3": .plain(.F32), "B": .plain(.BF16),
    ]
}
