/* The decision: which server gets a new flow. Freestanding C99, also valid C++ and restricted C for BPF: no headers, no
 * allocation, no floating point, loops bounded by SED_MAX_SERVERS. User space (sed_control.h) translates an agent's
 * weights and biases into a sed_table; the data plane then calls sed_pick once per flow.
 *
 * Score of server j (paper Eq. 15, with bias): (open_flows_j + 1 + bias_j) / weight_j, the least one wins, ties are broken
 * uniformly. In fixed point:
 *
 *     score = ((open_flows << 12) + bias_plus_one) * inverse_weight          signed 64 bit
 *
 *   open_flows      saturates at 2^19 - 1                                     -> below 2^31
 *   bias_plus_one   (1 + bias) * 2^12 rounded, |1 + bias| <= 2^18             -> below 2^30 + 1 in size
 *   inverse_weight  SED_INVERSE_UNIT * largest weight / weight, rounded       -> at most 2^31 - 1, relative error <= 3.5e-7
 *
 * so |score| < 2^63: no overflow. A weight below 1/1489 of the largest acts as 1/1489 of it. SED_INVERSE_UNIT is twice the
 * least common multiple of 1..16: weights in small whole-number ratios (all of the paper's levels 1.0, 1.2, ... 2.0) have exact
 * inverses, so scores that are equal on paper are equal here and tie.
 */
#ifndef EVENKEEL_LB_SHIM_SED_H_
#define EVENKEEL_LB_SHIM_SED_H_

#define SED_MAX_SERVERS 256 /* a power of two */
#define SED_FRACTION_BITS 12
#define SED_INVERSE_UNIT 1441440u
#define SED_INVERSE_MAX 0x7fffffffu
#define SED_OPEN_FLOWS_MAX 0x7ffffu
#define SED_BLOCK 64 /* slots whose ties fit one mask */

typedef unsigned char sed_u8;
typedef unsigned int sed_u32;
typedef int sed_s32;
typedef unsigned long long sed_u64;
typedef long long sed_s64;

enum sed_mode {
  SED_SHORTEST_EXPECTED_DELAY = 0, /* least score */
  SED_WEIGHTED_RANDOM = 1,         /* with probability weight / sum of weights */
  SED_POWER_OF_TWO = 2             /* the lesser score of two different servers drawn evenly */
};

/* The servers that may be picked, one slot each: those of weight 0, draining or gone have none. */
struct sed_table {
  sed_u32 mode;                               /* enum sed_mode */
  sed_u32 slots;                              /* 0 .. SED_MAX_SERVERS */
  sed_s32 bias_plus_one[SED_MAX_SERVERS];     /* per slot, see above */
  sed_u32 inverse_weight[SED_MAX_SERVERS];    /* per slot, see above */
  sed_u32 weight_end[SED_MAX_SERVERS];        /* per slot, running sum of the weights, scaled to end at 2^32 - 1 */
  sed_u8 server[SED_MAX_SERVERS];             /* per slot, index into open_flows, ascending */
};

/* Score of one slot. The mask on the index changes nothing; it shows the kernel's verifier the bound. */
static inline sed_s64 sed_score(const struct sed_table* table, const sed_u32* open_flows, sed_u32 slot) {
  sed_u32 open = open_flows[table->server[slot] & (SED_MAX_SERVERS - 1)];
  open = open < SED_OPEN_FLOWS_MAX ? open : SED_OPEN_FLOWS_MAX;
  return ((sed_s64)((sed_u64)open << SED_FRACTION_BITS) + table->bias_plus_one[slot]) *
         (sed_s64)table->inverse_weight[slot];
}

/* Uniform in 0 .. bound-1 from 32 random bits; bias below bound / 2^32. */
static inline sed_u32 sed_below(sed_u32 random, sed_u32 bound) {
  return (sed_u32)(((sed_u64)random * bound) >> 32);
}

static inline sed_u32 sed_count_bits(sed_u64 x) {
  x = x - ((x >> 1) & 0x5555555555555555ull);
  x = (x & 0x3333333333333333ull) + ((x >> 2) & 0x3333333333333333ull);
  x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full;
  return (sed_u32)((x * 0x0101010101010101ull) >> 56);
}

/* Index of the set bit number `rank`, counted from the lowest. REQUIRES: rank < number of set bits. */
static inline sed_u32 sed_select_bit(sed_u64 mask, sed_u32 rank) {
  sed_u32 i;
  for (i = 0; i < SED_BLOCK && i < rank; ++i) mask &= mask - 1;
  return sed_count_bits((mask & (0 - mask)) - 1);
}

/* Least score of the slots first .. end-1 (at most SED_BLOCK of them); bit i of *ties is set where slot first + i has it. */
static inline sed_s64 sed_scan(const struct sed_table* table, const sed_u32* open_flows, sed_u32 first, sed_u32 end,
                               sed_u64* ties) {
  sed_s64 best = 0x7fffffffffffffffll;
  sed_u64 mask = 0;
  sed_u64 bit = 1;
  sed_u32 slot;
  for (slot = first; slot < end && slot < SED_MAX_SERVERS; ++slot) {
    sed_s64 score = sed_score(table, open_flows, slot);
    sed_u64 tied = score == best ? bit : 0;
    mask = score < best ? bit : (mask | tied);
    best = score < best ? score : best;
    bit <<= 1;
  }
  *ties = mask;
  return best;
}

/* Slot of the least score, uniform among the tied. REQUIRES: table->slots > 0. */
static inline sed_u32 sed_least_slot(const struct sed_table* table, const sed_u32* open_flows, sed_u32 random) {
  sed_u64 ties[SED_MAX_SERVERS / SED_BLOCK];
  sed_s64 best = 0x7fffffffffffffffll;
  sed_u32 first_block = 0; /* the first block that has the best score */
  sed_u32 worse = 0;       /* bit per block: found worse than an earlier one */
  sed_u32 count = 0;
  sed_u32 rank;
  sed_u32 block;
  if (table->slots <= SED_BLOCK) {
    sed_scan(table, open_flows, 0, table->slots, &ties[0]);
    if ((ties[0] & (ties[0] - 1)) == 0) return sed_select_bit(ties[0], 0);
    return sed_select_bit(ties[0], sed_below(random, sed_count_bits(ties[0])));
  }
  for (block = 0; block < SED_MAX_SERVERS / SED_BLOCK && block * SED_BLOCK < table->slots; ++block) {
    sed_u32 end = (block + 1) * SED_BLOCK < table->slots ? (block + 1) * SED_BLOCK : table->slots;
    sed_s64 score = sed_scan(table, open_flows, block * SED_BLOCK, end, &ties[block]);
    if (score > best) {
      worse |= 1u << block;
      continue;
    }
    if (score < best) {
      first_block = block;
      count = 0;
    }
    best = score;
    count += sed_count_bits(ties[block]);
  }
  rank = sed_below(random, count);
  for (block = first_block; block < SED_MAX_SERVERS / SED_BLOCK - 1; ++block) {
    sed_u32 here = (worse >> block) & 1 ? 0 : sed_count_bits(ties[block]);
    if (rank < here) break;
    rank -= here;
  }
  return block * SED_BLOCK + sed_select_bit(ties[block], rank);
}

/* Slot drawn with the probability of its weight. REQUIRES: table->slots > 0. */
static inline sed_u32 sed_weighted_slot(const struct sed_table* table, sed_u32 random) {
  sed_u32 point = sed_below(random, table->weight_end[(table->slots - 1) & (SED_MAX_SERVERS - 1)]);
  sed_u32 passed = 0;
  sed_u32 slot;
  for (slot = 0; slot < table->slots && slot < SED_MAX_SERVERS; ++slot) passed += table->weight_end[slot] <= point;
  return passed;
}

/* The lesser score of two different slots drawn evenly; a tie is a coin toss. REQUIRES: table->slots > 0. */
static inline sed_u32 sed_better_of_two_slots(const struct sed_table* table, const sed_u32* open_flows,
                                              sed_u64 random) {
  sed_u32 one = sed_below((sed_u32)random, table->slots) & (SED_MAX_SERVERS - 1);
  sed_u32 other = sed_below((sed_u32)(random >> 32) << 1, table->slots - 1);
  sed_s64 score_one, score_other;
  if (table->slots == 1) return 0;
  other = (other + (other >= one)) & (SED_MAX_SERVERS - 1);
  score_one = sed_score(table, open_flows, one);
  score_other = sed_score(table, open_flows, other);
  if (score_one == score_other) return random >> 63 ? one : other;
  return score_one < score_other ? one : other;
}

/* The server for a new flow, or -1 if no server may be picked. `open_flows` has an entry per server of the table (BPF: all
 * SED_MAX_SERVERS). `random`: 64 fresh random bits. */
static inline int sed_pick(const struct sed_table* table, const sed_u32* open_flows, sed_u64 random) {
  sed_u32 slot;
  if (table->slots == 0 || table->slots > SED_MAX_SERVERS) return -1;
  if (table->mode == SED_WEIGHTED_RANDOM) {
    slot = sed_weighted_slot(table, (sed_u32)random);
  } else if (table->mode == SED_POWER_OF_TWO) {
    slot = sed_better_of_two_slots(table, open_flows, random);
  } else {
    slot = sed_least_slot(table, open_flows, (sed_u32)random);
  }
  return table->server[slot & (SED_MAX_SERVERS - 1)];
}

#endif /* EVENKEEL_LB_SHIM_SED_H_ */
