import Bytes
import Numbers
import Testing

@testable import Transforms

@Suite("Tensor rules") struct TensorRuleTests {
    @Test(
        "read what they mean and say it again",
        arguments: [
            ("lm_head=gguf-q6_k", "lm_head", "gguf-q6_k"), ("re:.*down_proj=q5_k", "re:.*down_proj", "gguf-q5_k"),
            ("role:mlp,layers:0-3=keep", "role:mlp,layers:0-3", "keep"), ("size:<1M=f16", "size:<1M", "f16"),
            ("layers:28-,re:a{1,2}=bf16", "layers:28-,re:a{1,2}", "bf16"), ("layers:more=F32", "layers:more", "f32"),
            ("re:(?=x)=q4_0", "re:(?=x)", "gguf-q4_0"), ("name:a,size:>=2K=keep", "a,size:>=2K", "keep"),
        ])
    func reading(text: String, selector: String, action: String) throws {
        let rule = try TensorRule(parsing: text, family: .gguf)
        #expect(rule.selector.text == selector)
        #expect(rule.action.text == action)
        #expect(try TensorRule(parsing: selector + "=" + action, family: .gguf) == rule)
    }

    @Test(
        "that cannot be read are refused",
        arguments: [
            "lm_head", "=keep", "lm_head=", "re:=keep", "re:(=keep", "role:heads=keep", "role:mlp,role:mlp=keep",
            "layers:3-1=keep", "layers:-3=keep", "layers:99999999=keep", "size:1M=keep", "size:<=keep", "size:<1Q=keep",
            "size:<99999999999999999999=keep", "size:<99999999999G=keep", "colour:red=keep", "a,b=keep", "lm_head=nf4",
            "lm_head=gguf-q4_k_m", "lm_head=q9", "name:=keep", ",=keep",
        ])
    func refusals(text: String) {
        #expect(throws: FormatError.self) { try TensorRule(parsing: text, family: .gguf) }
    }

    @Test(
        "by name find whole parts of names",
        arguments: [
            ("lm_head", "lm_head.weight", true), ("lm_head.weight", "lm_head.weight", true),
            ("lm_head", "my_lm_head.weight", false), ("layers.1", "model.layers.1.mlp.up_proj.weight", true),
            ("layers.1", "model.layers.11.mlp.up_proj.weight", false),
            ("up_proj", "model.layers.1.mlp.up_proj.weight", true),
            ("mlp.up_proj", "model.layers.1.mlp.up_proj.weight", true),
            ("up", "model.layers.1.mlp.up_proj.weight", false),
            ("model.layers.1.mlp.up_proj.bias", "model.layers.1.mlp.up_proj.weight", false),
            ("weight", "weight", true), ("blk.0.ffn_up", "blk.0.ffn_up.weight", true),
        ])
    func names(rule: String, tensor: String, applies: Bool) throws {
        #expect(try TensorRule(TensorSelector(name: rule), .keep).applies(to: tensor) == applies)
    }

    /// Variants made by earlier versions are found again by the digest of their recipe.
    @Test("of bitsandbytes recipes have the text and digest that they always had") func pinnedDigest() throws {
        let plain = QuantizeSettings(target: try ConversionTarget(named: "nf4")).recipe
        #expect(
            plain.text
                == #"{"steps":[{"parameters":{"block_size":64,"encoder":"reference-1","scheme":"bnb-nf4"},"#
                + #""rules":[],"transform":"quantize"}]}"#)
        #expect(plain.digest.hex == "3321cdc78f8807d47b27303747c2205a12b59b7015d50ab26a4313b10ec96c00")
        var settings = QuantizeSettings(target: try ConversionTarget(named: "nf4-dq-b128"))
        settings.rules = [try TensorRule(keeping: #"layers\.0\."#)]
        settings.keepsNonfinite = true
        let ruled = settings.recipe
        #expect(
            ruled.text
                == #"{"steps":[{"parameters":{"block_size":128,"encoder":"reference-1","nonfinite":"keep","#
                + #""scheme":"bnb-nf4-dq"},"rules":[{"action":"keep","pattern":"layers\\.0\\."}],"transform":"quantize"}]}"#
        )
        #expect(ruled.digest.hex == "77994c6e6dfc8d40dfc8a6499fc12874f5fe9e93ce33ae6835a54462b3a0110b")
    }
}
