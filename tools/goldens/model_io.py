"""Makes the fixtures of org.sparkfinetune.model.io's tests: what the official libraries write.

Usage: python tools/goldens/model_io.py
"""

import math
import os
import shutil
from collections import OrderedDict
from pathlib import Path

import onnx
import torch
import transformers
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

OUT = Path(__file__).parents[2] / "src/test/resources/org/sparkfinetune/model/io"

VOCAB = """[PAD] [UNK] [CLS] [SEP] [MASK] my card is lost where ##s ##ed the a to top up refund please help ! ? . , i
want need pay ##ment fail caf ##e 1 2 3 ##0""".split()


def dtypes():
    """Each stored tensor `x` has beside it `x.expected`, which is PyTorch's own x.float()."""
    inf, nan = math.inf, math.nan
    half = torch.tensor([0.0, -0.0, 1.0, -2.5, 65504.0, 6e-8, 6.1e-5, 0.1, inf, -inf, nan]).half()
    bfloat = torch.tensor([0.0, -0.0, 1.0, -2.5, 3.38e38, 1e-40, 0.1, 1 / 3, inf, -inf, nan]).bfloat16()
    double = torch.tensor(
        # the third and fourth lie half-way between two floats: ties go to even
        [0.1, 1 / 3, 1 + 2.0**-24, 1 + 3 * 2.0**-24, 1e300, -1e300, 1e-46, 1e-40, math.pi, inf, nan],
        dtype=torch.float64,
    )
    tensors = {"half": half, "bfloat": bfloat, "double": double.reshape(1, 11)}
    tensors |= {f"{name}.expected": tensor.float() for name, tensor in tensors.items()}
    tensors |= {"int8": torch.arange(4, dtype=torch.int8), "int64": torch.arange(3)}
    tensors |= {"scalar": torch.tensor(4.5), "none": torch.empty(0, 3)}
    save_file(tensors, OUT / "dtypes.safetensors")


def tiny_bert():
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(VOCAB),
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=3,
        intermediate_size=20,
        max_position_embeddings=16,
        id2label={0: "card", 1: "refund", 2: "top_up"},
        label2id={"card": 0, "refund": 1, "top_up": 2},
    )
    model = BertForSequenceClassification(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.1)
    folder = OUT / "tiny-bert-classifier"
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(VOCAB) + "\n")
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=16).save_pretrained(folder)
    export(model, OUT / "tiny-bert-classifier.onnx", ["logits"])
    external = OUT / "external"
    shutil.rmtree(external, ignore_errors=True)
    external.mkdir()
    onnx.save(
        onnx.load(OUT / "tiny-bert-classifier.onnx"),
        external / "model.onnx",
        save_as_external_data=True,
        location="model.onnx_data",
        size_threshold=0,
    )
    for name, safe in (("sharded", True), ("sharded-bin", False)):
        shutil.rmtree(OUT / name, ignore_errors=True)
        model.save_pretrained(OUT / name, max_shard_size="8KB", safe_serialization=safe)

    # An encoder alone; its equal biases and norms make the exporter share initializers through Identity nodes.
    encoder = model.bert
    encoder.pooler = None
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            elif "LayerNorm" in name:
                parameter.fill_(1)
    export(encoder, OUT / "tiny-bert-encoder.onnx", ["last_hidden_state"])


class Code:
    """Unpickled by Python, this makes a file."""

    def __reduce__(self):
        return os.system, ("touch pickle-was-executed",)


def pickles():
    """state-dict.bin, what its tensors hold (state-dict.safetensors), and pickles that are to be refused."""
    folder = OUT / "pickles"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    torch.manual_seed(8)
    matrix = torch.randn(6, 4)
    state = OrderedDict(
        matrix=matrix,
        tied=matrix,
        transposed=matrix.t(),
        rows=matrix[1:3],
        column=matrix[:, 2],
        cube=torch.randn(2, 3, 4).permute(2, 0, 1),
        parameter=torch.nn.Parameter(torch.randn(3)),
        half=torch.randn(2, 2).half().t(),
        bfloat=torch.randn(2).bfloat16(),
        double=torch.randn(2).double(),
        scalar=torch.tensor(1.5),
        none=torch.empty(0, 3),
    )
    expected = {name: tensor.detach().float().clone().contiguous() for name, tensor in state.items()}
    save_file(expected, folder / "state-dict.safetensors")
    state["position_ids"] = torch.arange(3)
    state._metadata = OrderedDict({"": {"version": 1}})  # as Module.state_dict() has
    torch.save(state, folder / "state-dict.bin")
    torch.save(dict(state), folder / "protocol-4.bin", pickle_protocol=4)
    # Without tensors: this format names them by their addresses in memory.
    torch.save({"weight": None}, folder / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save({"weight": matrix, "code": Code()}, folder / "code.bin")
    torch.save({"state_dict": {"weight": matrix}}, folder / "nested.bin")
    torch.save(torch.nn.Linear(2, 2), folder / "module.bin")
    torch.save([matrix], folder / "list.bin")


def families():
    """A classifier of each family as PyTorch exports it, and its weights."""
    folder = OUT / "onnx"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    heads = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 20}
    sizes = {
        "distilbert": {"dim": 12, "n_layers": 2, "n_heads": 3, "hidden_dim": 20, "max_position_embeddings": 16},
        "roberta": heads | {"max_position_embeddings": 18, "pad_token_id": 1, "type_vocab_size": 1},
        "albert": heads | {"embedding_size": 8, "num_hidden_layers": 3, "max_position_embeddings": 16},
        "electra": heads | {"embedding_size": 8, "max_position_embeddings": 16},
        "mpnet": heads | {"max_position_embeddings": 18},
        "deberta-v2": heads
        | {
            "max_position_embeddings": 16,
            "relative_attention": True,
            "position_buckets": 4,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
            "type_vocab_size": 0,
        },
        "modernbert": heads
        | {
            "num_hidden_layers": 3,
            "max_position_embeddings": 64,
            "local_attention": 8,
            "reference_compile": False,
            "pad_token_id": 0,
            "bos_token_id": 2,
            "eos_token_id": 3,
            "cls_token_id": 2,
            "sep_token_id": 3,
        },
    }
    for family, settings in sizes.items():
        torch.manual_seed(9)
        config = transformers.AutoConfig.for_model(family, vocab_size=50, num_labels=3, **settings)
        config._attn_implementation = "eager"
        model = transformers.AutoModelForSequenceClassification.from_config(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0, 0.1)
        path = folder / f"{family}.onnx"
        export(model, path, ["logits"], ["input_ids", "attention_mask"])
        save_file({name: p.detach() for name, p in model.named_parameters()}, path.with_suffix(".safetensors"))


def export(model, path, outputs, inputs=("input_ids", "attention_mask", "token_type_ids")):
    ids = torch.tensor([[2, 5, 6, 3]])
    values = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    torch.onnx.export(
        model,
        values[: len(inputs)],
        path,
        dynamo=False,
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes={name: {0: "batch", 1: "sequence"} for name in inputs},
        opset_version=17,
    )


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    dtypes()
    tiny_bert()
    pickles()
    families()
