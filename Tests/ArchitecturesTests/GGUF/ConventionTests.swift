import Bytes
import Testing

@testable import Architectures

@Suite("GGUF convention") struct ConventionTests {
    @Test("names only tensors that llama.cpp knows of the architecture")
    func names() throws {
        let known = try ModelFixture.json("names/tensors")
        for family in ModelFamily.all {
            let convention = try #require(family.gguf)
            let names = (known[convention.architecture]?.arrayValue ?? []).compactMap(\.stringValue)
            for rule in convention.tensors {
                let name = rule.gguf.split(separator: ".").dropLast().joined(separator: ".")
                #expect(names.contains(name.replacing("*", with: "{bid}")), "\(family.name): \(rule.gguf)")
            }
        }
    }

    @Test("computes each size from parameters that stand before it")
    func sizes() throws {
        for family in ModelFamily.all {
            let convention = try #require(family.gguf)
            var values: [String: Double] = [:]
            for parameter in convention.parameters {
                for expression in [
                    parameter.standard, parameter.unsaid, parameter.fixed, parameter.omitted, parameter.scale,
                ] {
                    if let expression {
                        #expect(expression.value(in: values) != nil, "\(family.name): \(expression.text)")
                    }
                }
                for fixed in parameter.fixedCases { #expect(fixed.fixed.value(in: values) != nil) }
                if let name = parameter.name { values[name] = 12 }
            }
            for rule in convention.tensors {
                for size in rule.shape + [rule.heads].compactMap(\.self) {
                    #expect(size.value(in: values) != nil, "\(family.name), \(rule.gguf): \(size.text)")
                }
                let hasFlag = rule.flag.map { flag in convention.flags.contains { $0.name == flag } } ?? true
                #expect(hasFlag, "\(family.name), \(rule.gguf)")
            }
            if let period = convention.layerTypePeriod { #expect(values[period] != nil) }
        }
    }

    @Test(
        "evaluates sums of products",
        arguments: [
            ("7", 7), ("a", 12), ("a*b+2*b", 70), ("a/b", 2.4), ("a/b*10", 24), ("c", nil), ("a/z", nil), ("", 0),
        ] as [(String, Double?)])
    func expressions(text: String, value: Double?) {
        #expect(SizeExpression(text).value(in: ["a": 12, "b": 5, "z": 0]) == value)
    }

    @Test(
        "takes only whole numbers above zero for sizes",
        arguments: [("a/b", nil), ("0", nil), ("a", 12), ("1e10", nil)])
    func wholeSizes(text: String, size: Int?) {
        #expect(SizeExpression(text).size(in: ["a": 12, "b": 5]) == size)
    }

    @Test(
        "tells the numbers of a name from its words",
        arguments: [
            ("blk.3.attn_q.weight", "blk.*.attn_q.weight", [3]), ("a.0.b.12.c", "a.*.b.*.c", [0, 12]),
            ("a.01.b", "a.01.b", []), ("a.+1.-1.b", "a.+1.-1.b", []), ("", "", []), ("...", "...", []),
            ("h.99999999999999999999.b", "h.99999999999999999999.b", []),
        ])
    func numberedNames(name: String, pattern: String, numbers: [Int]) {
        let found = NumberedName(name)
        #expect(found.pattern == pattern)
        #expect(found.numbers == numbers)
        #expect(found.text == name)
    }

    @Test("reorders rows of heads to neighbors and back", arguments: [(1, 2), (2, 4), (3, 6), (2, 10)])
    func rowOrder(heads: Int, headRows: Int) {
        let count = heads * headRows
        let there = TensorMapping.RowOrder.interleaved(heads: heads)
        let back = TensorMapping.RowOrder.halved(heads: heads)
        for row in 0..<count {
            #expect(there.sourceRow(of: back.sourceRow(of: row, among: count), among: count) == row)
            #expect(TensorMapping.RowOrder.asStored.sourceRow(of: row, among: count) == row)
        }
        // The new rows 2i and 2i + 1 of a head are its rows i and half + i (llama.cpp, LlamaModel.permute).
        #expect(there.sourceRow(of: 1, among: count) == headRows / 2)
    }

    @Test("says why a tensor is left out, and which is known by another name")
    func dropped() throws {
        let bert = try ModelFixture("bert-pretraining").model().layout
        #expect(bert.dropped.contains { $0.name == "bert.pooler.dense.weight" && !$0.reason.isEmpty })
        #expect(bert.dropped.contains { $0.name.hasPrefix("cls.predictions.") })
        #expect(bert.tensors.first?.content == .sources([.init(name: "bert.embeddings.word_embeddings.weight")]))
        let fixture = try ModelFixture("bert")
        let old = fixture.tensors.map { tensor in
            let name = tensor.name.replacing("LayerNorm.weight", with: "LayerNorm.gamma")
            return (name: name.replacing("LayerNorm.bias", with: "LayerNorm.beta"), shape: tensor.shape)
        }
        let layout = try GGUFModel(tensors: old, config: fixture.config).layout
        #expect(layout.tensors.contains { $0.content == .sources([.init(name: "embeddings.LayerNorm.gamma")]) })
    }

    @Test("leaves out an output matrix that config.json ties to the embedding, and does without a missing one")
    func tied() throws {
        let tied = try ModelFixture("llama")
        let layout = try GGUFModel(tensors: tied.tensors + [("lm_head.weight", [48, 24])], config: tied.config).layout
        #expect(layout.dropped.map(\.name) == ["lm_head.weight"])
        let own = try ModelFixture("mistral")
        let without = own.tensors.filter { $0.name != "lm_head.weight" }
        let lacking = try GGUFModel(tensors: without, config: own.config).layout
        #expect(lacking.notes.count == 1)
        #expect(!lacking.tensors.contains { $0.name == "output.weight" })
    }

    @Test("notes a window of attention that GGUF's architecture has no key for")
    func window() throws {
        let fixture = try ModelFixture("mistral")
        var config = try #require(fixture.config.objectValue)
        config["sliding_window"] = .number(4096)
        let notes = try GGUFModel(tensors: fixture.tensors, config: .object(config)).layout.notes
        #expect(notes.count == 1)
        #expect(notes.first?.contains("'sliding_window' is 4096") == true)
    }

    @Test("keeps the kind of pooling in both directions", arguments: Pooling.allCases)
    func pooling(pooling: Pooling) throws {
        let fixture = try ModelFixture("bert")
        let files = pooling.files(width: 24)
        let config = try #require(files.first { $0.path == "1_Pooling/config.json" }?.content)
        let model = try GGUFModel(
            tensors: fixture.tensors, config: fixture.config, description: ModelDescription(pooling: config))
        #expect(model.metadata.contains(MetadataItem("bert.pooling_type", .u32(pooling.rawValue))))
        let metadata = Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
        let back = try HuggingFaceModel(tensors: model.layout.tensors.map { ($0.name, $0.shape) }, metadata: metadata)
        #expect(back.files.map(\.path) == ["modules.json", "1_Pooling/config.json"])
        #expect(back.files.last?.content == config)
    }

    @Test("takes the family that the keys tell, and never Mistral, which GGUF calls Llama")
    func family() throws {
        for (fixture, family) in [
            ("llama", "llama"), ("mistral", "llama"), ("mixtral", "mixtral"), ("gemma3", "gemma3"),
        ] {
            let model = try ModelFixture(fixture).model()
            let metadata = Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
            let back = try HuggingFaceModel(
                tensors: model.layout.tensors.map { ($0.name, $0.shape) }, metadata: metadata)
            #expect(back.family == family)
            #expect(back.config["model_type"]?.stringValue == (family == "gemma3" ? "gemma3_text" : family))
        }
    }

    @Test("notes metadata that config.json has no member for")
    func unread() throws {
        let model = try ModelFixture("llama").model()
        var metadata = Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
        metadata["llama.attention.scale"] = .f32(2)
        metadata["tokenizer.ggml.eos_token_id"] = .u32(7)
        let back = try HuggingFaceModel(tensors: model.layout.tensors.map { ($0.name, $0.shape) }, metadata: metadata)
        #expect(back.layout.notes == ["config.json has no member for 'llama.attention.scale'"])
        #expect(back.config["eos_token_id"] == .number(7))
        #expect(back.config["bos_token_id"] == .null)
    }

    @Test(
        "refuses a family's file with a mistake",
        arguments: [
            #"{}"#, #"{"architecture":"a","tensor":[]}"#, #"{"architecture":"a","read":1}"#,
            #"{"architecture":"a","tensors":{}}"#, #"{"architecture":"a","tensors":[{"gguf":"b","from":[]}]}"#,
            #"{"architecture":"a","tensors":[{"gguf":"b","from":[{"joined":["c"]}]}]}"#,
            #"{"architecture":"a","tensors":[{"gguf":"b","from":["c"],"shape":[1]}]}"#,
            #"{"architecture":"a","parameters":[{"type":"u8"}]}"#, #"{"architecture":"a","prefixes":[["a"]]}"#,
            #"{"architecture":"a","parameters":[{"tensor":["a"]}]}"#, #"{"architecture":"a","metadata":{"a":1}}"#,
            #"{"architecture":"a","parameters":[{"fixed_when":[["a",1]]}]}"#,
            #"{"architecture":"a","parameters":[{"default":[]}]}"#,
            #"{"architecture":"a","tensors":[{"gguf":"b","from":[{"part":0,"count":2,"of":"c"}]}]}"#,
            #"{"architecture":"a","tensors":[{"gguf":"b","from":[{"part":2,"count":2,"of":"c","interleaved":true}]}]}"#,
            #"{"architecture":"a","tensors":[{"gguf":"b","from":[{"part":-1,"count":2,"of":"c","interleaved":true}]}]}"#,
            #"{"architecture":"a","tensors":[{"gguf":"b","from":["c",{"part":0,"count":2,"of":"d","transposed":true}]}]}"#,
        ])
    func refused(json: String) throws {
        let value = try JSONValue(parsing: Array(json.utf8))
        #expect(throws: FormatError.self) { try GGUFConvention(parsing: value) }
    }
}
