#!/usr/bin/env python3
"""Writes nn_sequence.h: torch's recurrent nets, attention, transformers and ctc_loss (nn_cases.py says what a case holds).

Run: python3 tests/golden/nn_sequence.py > tests/golden/nn_sequence.h
"""
from nn_cases import *

torch.backends.mha.set_fastpath_enabled(False)
torch.backends.cuda.enable_flash_sdp(False)  # the fused attention has no second derivative, on the CPU either


def states(module, batch_first=False, **options):
    """The outputs and the last states behind them, one under the other."""
    def f(x):
        y, last = module(x, **options)
        last = last if isinstance(last, tuple) else (last,)
        if batch_first:
            y = y.transpose(0, 1)
        return torch.cat([y] + [torch.cat(list(s), 1)[None] if y.shape[2] != s.shape[2] else s for s in last])
    return f


def recurrent(name, x, module):
    scramble(module)
    case(name, x, lambda x: states(module, module.batch_first)(x), module)


recurrent("rnn", randn(3, 2, 2), nn.RNN(2, 3))
recurrent("rnn_relu", randn(3, 2, 2), nn.RNN(2, 3, nonlinearity="relu", bias=False))
recurrent("lstm", randn(4, 2, 3), nn.LSTM(3, 2))
recurrent("lstm_batch_first", randn(2, 3, 2), nn.LSTM(2, 2, batch_first=True))
recurrent("gru", randn(4, 2, 3), nn.GRU(3, 2))


def two_ways(name, x, module):
    scramble(module)
    case(name, x, lambda x: module(x)[0], module)


two_ways("lstm_deep", randn(3, 2, 2), nn.LSTM(2, 2, num_layers=2, bidirectional=True))
two_ways("gru_deep", randn(3, 2, 2), nn.GRU(2, 2, num_layers=2, bidirectional=True))


def packed(name, x, module):
    scramble(module)

    def f(x):
        p = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([2, 4, 1]), enforce_sorted=False)
        y, last = module(p)
        y = nn.utils.rnn.pad_packed_sequence(y, total_length=4)[0]
        last = last[0] if isinstance(last, tuple) else last
        return torch.cat([y, torch.cat(list(last), 1)[None]])
    case(name, x, f, module)


packed("lstm_lengths", randn(4, 3, 2), nn.LSTM(2, 2, bidirectional=True))
packed("gru_lengths", randn(4, 3, 2), nn.GRU(2, 2, bidirectional=True))
scramble(cell := nn.LSTMCell(3, 2))
case("lstm_cell", randn(2, 3), lambda x: torch.cat(cell(x, (x[:, :2], x[:, 1:]))), cell)
scramble(cell_2 := nn.GRUCell(3, 2))
case("gru_cell", randn(2, 3), lambda x: cell_2(x, x[:, :2]), cell_2)
scramble(cell_3 := nn.RNNCell(3, 2))
case("rnn_cell", randn(2, 3), lambda x: cell_3(x, x[:, :2]), cell_3)

# ---- attention ----

case("attention", randn(2, 3, 4), lambda x: F.scaled_dot_product_attention(x, x.flip(1), x * x))
case("attention_causal", randn(2, 3, 4), lambda x: F.scaled_dot_product_attention(x, x, x, is_causal=True))
scramble(mha := nn.MultiheadAttention(4, 2))
case("mha", randn(3, 2, 4), lambda x: mha(x, x, x, need_weights=False)[0], mha)
mask = torch.tensor([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])
padding = torch.tensor([[False, False, True], [True, False, False]])
case("mha_masks", randn(3, 2, 4), lambda x: mha(x, x, x, key_padding_mask=padding, attn_mask=torch.eye(3).roll(1, 0).bool(),
                                               need_weights=False)[0], mha)
case("mha_bias", randn(3, 2, 4), lambda x: mha(x, x, x, attn_mask=mask, need_weights=False)[0], mha)
scramble(mha_first := nn.MultiheadAttention(4, 2, batch_first=True, bias=False))
case("mha_batch_first", randn(2, 3, 4), lambda x: mha_first(x, x, x, need_weights=False)[0], mha_first)
scramble(mha_cross := nn.MultiheadAttention(4, 2, kdim=3, vdim=2))
case("mha_cross", randn(3, 2, 4), lambda x: mha_cross(x, x[:2, :, :3], x[1:, :, 2:], need_weights=False)[0], mha_cross)


def groups(x):  # two query heads to each of one key head, weights of its own names
    q, k, v = (x @ gqa.q_proj_weight.t(), x @ gqa.k_proj_weight.t(), x @ gqa.v_proj_weight.t())
    q = q.reshape(2, 3, 2, 2).transpose(1, 2)
    y = F.scaled_dot_product_attention(q, k[:, None], v[:, None], is_causal=True)
    return gqa.out_proj(y.transpose(1, 2).reshape(2, 3, 4))


class Gqa(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj_weight = nn.Parameter(torch.zeros(4, 4))
        self.k_proj_weight = nn.Parameter(torch.zeros(2, 4))
        self.v_proj_weight = nn.Parameter(torch.zeros(2, 4))
        self.out_proj = nn.Linear(4, 4, bias=False)


scramble(gqa := Gqa())
case("mha_groups", randn(2, 3, 4), groups, gqa)


def rotary(x):
    d = x.shape[-1]
    angle = torch.arange(x.shape[-2])[:, None] * 10000.0 ** (-torch.arange(0, d, 2) / d)
    z = torch.view_as_complex(x.reshape(*x.shape[:-1], d // 2, 2)) * torch.polar(torch.ones_like(angle), angle)
    return torch.view_as_real(z).reshape(x.shape)


case("rotary", randn(2, 3, 4), rotary)

# ---- transformers ----

scramble(encoder := nn.TransformerEncoderLayer(4, 2, 3, dropout=0))
case("encoder", randn(3, 2, 4), lambda x: encoder(x), encoder)
scramble(encoder_2 := nn.TransformerEncoderLayer(4, 2, 3, dropout=0, norm_first=True, activation="gelu", batch_first=True))
case("encoder_norm_first", randn(2, 3, 4), lambda x: encoder_2(x, torch.ones(3, 3).triu(1).bool()), encoder_2)
scramble(decoder := nn.TransformerDecoderLayer(4, 2, 3, dropout=0))
case("decoder", randn(3, 2, 4), lambda x: decoder(x, (x * x)[:2], tgt_mask=torch.ones(3, 3).triu(1).bool()), decoder)

# ---- ctc: torch has no second derivative, so the sum over paths is written out as a scan ----


def ctc(x, labels, inputs, lengths):
    each = []
    for n in range(x.shape[1]):
        l = [0]
        for c in labels[n][:lengths[n]]:
            l += [int(c), 0]
        alpha = [x[0, n, l[s]] if s < 2 else torch.tensor(float("-inf")) for s in range(len(l))]
        for t in range(1, inputs[n]):
            step = []
            for s in range(len(l)):
                terms = [alpha[s]] + ([alpha[s - 1]] if s else [])
                if s > 1 and l[s] and l[s] != l[s - 2]:
                    terms.append(alpha[s - 2])
                terms = [a for a in terms if a > float("-inf")]
                step.append(torch.logsumexp(torch.stack(terms), 0) + x[t, n, l[s]] if terms else torch.tensor(float("-inf")))
            alpha = step
        ends = [a for a in alpha[-2:] if a > float("-inf")]
        each.append(-torch.logsumexp(torch.stack(ends), 0))
    y = torch.stack(each)
    other = F.ctc_loss(x, labels, torch.tensor(inputs), torch.tensor(lengths), reduction="none")
    assert torch.allclose(y, other)
    return y


case("ctc_loss", F.log_softmax(randn(5, 2, 3), 2), lambda x, y: ctc(x, y, [5, 5], [2, 2]), None,
     torch.tensor([[1.0, 1], [2, 1]]), True)
case("ctc_loss_lengths", F.log_softmax(randn(5, 3, 3), 2), lambda x, y: ctc(x, y, [5, 3, 4], [2, 1, 0]), None,
     torch.tensor([[1.0, 2], [2, 1], [1, 1]]), True)

write("nn_sequence")
