"""What Captum attributes to the tokens of the tiny models that encoders.py has made.

    python tools/goldens/attributions.py [FAMILY ...]

writes src/test/resources/org/sparkfinetune/explain/FAMILY.json: of each row of the family's batch
its tokens' attributions of the logit of one label, by method. (Captum has no attention rollout: that
is computed here.) Embeddings are what the module
`embeddings` gives, a token's attribution is the sum over its vector. The first and the last token
of a row count as special ones: they are the same in a baseline. Words are runs of two tokens.
"""

import argparse
import json
import pathlib

import captum
import torch
import transformers
from captum.attr import (
    FeatureAblation,
    InputXGradient,
    IntegratedGradients,
    Saliency,
    ShapleyValues,
)

from encoders import FAMILIES, OUT as MODELS, write

OUT = pathlib.Path(__file__).parents[2] / "src/test/resources/org/sparkfinetune/explain"
STEPS = 50
# Any token of the vocabulary, as none of these has one for masks.
MASK = 5
# Of so many words all orders are tried.
SHAPLEY_WORDS = 4


class FromEmbeddings(torch.nn.Module):
    """Logits from what the module `embeddings` is to give."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.given = None
        module = model.base_model.embeddings
        module.register_forward_hook(self.replace)

    def replace(self, module, arguments, output):
        self.seen = output
        return output if self.given is None else self.given

    def embeddings(self, ids):
        self.given = None
        with torch.no_grad():
            self.model(input_ids=ids)
        return self.seen.detach()

    def forward(self, embeddings, ids):
        self.given = embeddings
        logits = self.model(input_ids=ids).logits
        self.given = None
        return logits


def special(length):
    return [i in (0, length - 1) for i in range(length)]


def baseline_ids(ids, filler):
    mask = torch.tensor([special(ids.shape[1])])
    return torch.where(mask, ids, torch.full_like(ids, filler))


def words(length):
    """The word of each token: pairs of them between the special ones, which have none."""
    return [-1 if s else (i - 1) // 2 for i, s in enumerate(special(length))]


def of_words(method, model, ids, target, of):
    """By word, Captum's groups of features: one for each word, and one that is never changed."""
    count = max(of) + 1
    if count == 0:
        return []
    groups = torch.tensor([[count if w < 0 else w for w in of]])

    def logits(changed):
        return model(input_ids=changed).logits

    result = method(logits).attribute(
        ids, baselines=baseline_ids(ids, MASK), target=target, feature_mask=groups
    )[0]
    return [result[of.index(word)].item() for word in range(count)]


def rollout(model, ids):
    """Abnar and Zuidema's, of the vector that is classified, of what transformers gives as attentions."""
    with torch.no_grad():
        layers = model(input_ids=ids, output_attentions=True).attentions
    eye = torch.eye(ids.shape[1], dtype=torch.float64)
    product = eye
    for layer in layers:
        product = (layer[0].double().mean(0) + eye) / 2 @ product
    pools_all = getattr(model.config, "classifier_pooling", "cls") == "mean"
    return (product.mean(0) if pools_all else product[0]).tolist()


def of_row(model, ids, target):
    forward = FromEmbeddings(model)
    embeddings = forward.embeddings(ids)
    pads = forward.embeddings(baseline_ids(ids, model.config.pad_token_id))
    kept = torch.tensor(special(ids.shape[1]))[None, :, None]
    zeros = torch.where(kept, embeddings, torch.zeros_like(embeddings))
    arguments = dict(target=target, additional_forward_args=(ids,))
    result = {"target": target}
    for name, method, baseline in [
        ("integrated_gradients", "gausslegendre", pads),
        ("integrated_gradients_zero", "gausslegendre", zeros),
        ("integrated_gradients_riemann_middle", "riemann_middle", pads),
    ]:
        attributions, delta = IntegratedGradients(forward).attribute(
            embeddings,
            baselines=baseline,
            n_steps=STEPS,
            method=method,
            return_convergence_delta=True,
            **arguments,
        )
        result[name] = attributions.sum(-1)[0].tolist()
        result[name + "_delta"] = delta.item()
    for name, method in [("saliency", Saliency), ("input_x_gradient", InputXGradient)]:
        leaf = embeddings.clone().requires_grad_()
        result[name] = method(forward).attribute(leaf, **arguments).sum(-1)[0].tolist()
    result["attention_rollout"] = rollout(model, ids)
    of = words(ids.shape[1])
    result["words"] = of
    result["occlusion"] = of_words(FeatureAblation, model, ids, target, of)
    if max(of) + 1 <= SHAPLEY_WORDS:
        result["shapley"] = of_words(ShapleyValues, model, ids, target, of)
    return result


def make(family):
    folder = MODELS / f"{family}-tiny"
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, attn_implementation="eager"
    ).eval()
    batch = json.loads((folder / "golden.json").read_text())
    golden = {
        "captum": captum.__version__,
        "torch": torch.__version__.split("+")[0],
        "transformers": transformers.__version__,
        "steps": STEPS,
        "mask": MASK,
    }
    deltas = []
    for number, (ids, length) in enumerate(zip(batch["input_ids"], batch["lengths"])):
        # A long row tells no more than a short one.
        if length < 30:
            ids = torch.tensor([ids[:length]])
            target = model(input_ids=ids).logits[0].argmax().item()
            golden[f"row_{number}"] = of_row(model, ids, target)
            deltas.append(golden[f"row_{number}"]["integrated_gradients_delta"])
    write(golden, OUT / f"{family}.json")
    print(family, *("%.1e" % delta for delta in deltas))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", default=list(FAMILIES), metavar="FAMILY")
    for name in parser.parse_args().families:
        make(name)
