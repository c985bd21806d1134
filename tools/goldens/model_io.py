"""Makes the fixtures of io.sparkfinetune.model.io's tests: what the official libraries write.

Usage: python tools/goldens/model_io.py
Needs: torch==2.9.1 transformers==4.57.1 safetensors==0.8.0 onnx==1.23.2
"""

import math
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

OUT = Path(__file__).parents[2] / "src/test/resources/io/sparkfinetune/model/io"

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

    # An encoder alone; its equal biases and norms make the exporter share initialisers through Identity nodes.
    encoder = model.bert
    encoder.pooler = None
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if name.endswith("bias"):
                parameter.zero_()
            elif "LayerNorm" in name:
                parameter.fill_(1)
    export(encoder, OUT / "tiny-bert-encoder.onnx", ["last_hidden_state"])


def export(model, path, outputs):
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    ids = torch.tensor([[2, 5, 6, 3]])
    torch.onnx.export(
        model,
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        path,
        dynamo=False,
        input_names=inputs,
        output_names=outputs,
        dynamic_axes={name: {0: "batch", 1: "sequence"} for name in inputs},
        opset_version=17,
    )


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    dtypes()
    tiny_bert()
