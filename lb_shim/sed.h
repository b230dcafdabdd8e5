/* The decision: which server gets a new flow. Freestanding C99, also valid C++ and restricted C for BPF: no
 * headers, no allocation, no floating point, loops bounded by SED_MAX_SERVERS. User space (sed_control.h)
 * translates an agent's weights and biases into a sed_table; the data plane then calls sed_pick once per
 * flow.
 *
 * Score of server j (paper Eq. 15, with bias): (open_flows_j + 1 + bias_j) / weight_j; the least one wins,
 * ties are broken uniformly. In fixed point, with nothing but one multiplication and one addition per server:
 *
 *     score = open_flows * step + start                                          64 bit
 *
 *   open_flows   any 32-bit count
 *   step         SED_STEP_UNIT * largest weight / weight, rounded: at most 2^30, relative error <= 3.5e-7
 *   start        SED_START_ZERO + step * (1 + bias), rounded; |1 + bias| is limited to 2^30 flows, the
 * product to 2^60
 *
 * so 2^60 <= score < 2^62 + 2^61 + 2^60: no overflow, and less than that of a server that must not be picked
 * (step 0, start SED_START_NEVER). A weight below 1/744 of the largest acts as 1/744 of it. SED_STEP_UNIT is
 * twice the least common multiple of 1..16: weights in small whole-number ratios (all of the paper's
 * levels 1.0, 1.2, ... 2.0) have exact steps, so without bias, scores that are equal on paper are equal here
 * and tie.
 */
#ifndef EVENKEEL_LB_SHIM_SED_H_
#define EVENKEEL_LB_SHIM_SED_H_

#define SED_MAX_SERVERS 256 /* a power of two */
#define SED_STEP_UNIT 1441440u
#define SED_STEP_MAX (1u << 30)
#define SED_START_ZERO (1ull << 61)
#define SED_START_NEVER 0x7fffffffffffffffull
#define SED_BLOCK 64 /* servers whose ties fit one mask */

typedef unsigned char sed_u8;
typedef unsigned int sed_u32;
typedef unsigned long long sed_u64;

enum sed_mode {
  SED_SHORTEST_EXPECTED_DELAY = 0, /* least score */
  SED_WEIGHTED_RANDOM = 1,         /* with probability weight / sum of weights */
  SED_POWER_OF_TWO = 2             /* the lesser score of two different servers drawn evenly */
};

/* What an agent set, per server. Servers of weight 0, draining or gone are never picked. Step and start are
 * those of such a server also beyond `servers`, up to the next multiple of 4. */
struct sed_table {
  sed_u32 mode;                        /* enum sed_mode */
  sed_u32 servers;                     /* n, 0 .. SED_MAX_SERVERS */
  sed_u32 candidates;                  /* servers that may be picked */
  sed_u32 step[SED_MAX_SERVERS];       /* see above */
  sed_u64 start[SED_MAX_SERVERS];      /* see above */
  sed_u32 weight_end[SED_MAX_SERVERS]; /* running sum of the candidates' weights, scaled to end at 2^32 - 1 */
  sed_u8
      candidate[SED_MAX_SERVERS]; /* the first `candidates` entries: servers that may be picked, ascending */
};

static inline sed_u64 sed_score(const struct sed_table* table, const sed_u32* open_flows, sed_u32 server) {
  return (sed_u64)open_flows[server] * table->step[server] + table->start[server];
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
#if defined(__bpf__) /* some compilers have no count of trailing zeros there */
  return sed_count_bits((mask & (0 - mask)) - 1);
#else
  return (sed_u32)__builtin_ctzll(mask);
#endif
}

/* Least score of the servers first .. end-1 (1 to SED_BLOCK of them); bit i of *ties is set where server end
 * - 1 - i has it. Without branches, which no predictor could guess: two histories, of scores that were less
 * than all before them and of scores that were greater than the least before them. The tied are those not
 * greater, from the last that was less on. */
static inline sed_u64 sed_scan(const struct sed_table* table, const sed_u32* open_flows, sed_u32 first,
                               sed_u32 end, sed_u64* ties) {
  sed_u64 best = 0 - 1ull;
  sed_u64 less = 0;
  sed_u64 greater = 0;
  sed_u32 server;
  for (server = first; server < end; ++server) {
    sed_u64 score = sed_score(table, open_flows, server);
    less = less + less + (score < best);
    greater = greater + greater + (best < score);
    best = score < best ? score : best;
  }
  *ties = ~greater & (less ^ (less - 1));
  return best;
}

/* The end of a block of servers. */
static inline sed_u32 sed_block_end(const struct sed_table* table, sed_u32 block) {
  sed_u32 end = (block + 1) * SED_BLOCK;
  return end < table->servers ? end : table->servers;
}

/* The least score, uniform among the tied. REQUIRES: candidates > 0. */
static inline sed_u32 sed_least(const struct sed_table* table, const sed_u32* open_flows, sed_u32 random) {
  sed_u64 ties[SED_MAX_SERVERS / SED_BLOCK];
  sed_u64 best = 0 - 1ull;
  sed_u32 first_block = 0; /* the first block that has the best score */
  sed_u32 worse = 0;       /* bit per block: found worse than an earlier one */
  sed_u32 count = 0;
  sed_u32 rank;
  sed_u32 block;
  if (table->servers <= SED_BLOCK) {
    sed_scan(table, open_flows, 0, table->servers, &ties[0]);
    rank = (ties[0] & (ties[0] - 1)) == 0 ? 0 : sed_below(random, sed_count_bits(ties[0]));
    return table->servers - 1 - sed_select_bit(ties[0], rank);
  }
  for (block = 0; block < SED_MAX_SERVERS / SED_BLOCK && block * SED_BLOCK < table->servers; ++block) {
    sed_u64 score = sed_scan(table, open_flows, block * SED_BLOCK, sed_block_end(table, block), &ties[block]);
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
  return sed_block_end(table, block) - 1 - sed_select_bit(ties[block], rank);
}

/* Drawn with the probability of its weight. REQUIRES: candidates > 0. */
static inline sed_u32 sed_by_weight(const struct sed_table* table, sed_u32 random) {
  sed_u32 point = sed_below(random, 0xffffffffu);
  sed_u32 passed = 0;
  sed_u32 server;
  for (server = 0; server < table->servers; ++server) passed += table->weight_end[server] <= point;
  return passed;
}

/* The lesser score of two different candidates drawn evenly; a tie is a coin toss. REQUIRES: candidates > 0.
 */
static inline sed_u32 sed_better_of_two(const struct sed_table* table, const sed_u32* open_flows,
                                        sed_u64 random) {
  sed_u32 one = sed_below((sed_u32)random, table->candidates);
  sed_u32 other = sed_below((sed_u32)(random >> 32) << 1, table->candidates - 1);
  sed_u64 score_one, score_other;
  if (table->candidates == 1) return table->candidate[0];
  other = table->candidate[(other + (other >= one)) & (SED_MAX_SERVERS - 1)];
  one = table->candidate[one & (SED_MAX_SERVERS - 1)];
  score_one = sed_score(table, open_flows, one);
  score_other = sed_score(table, open_flows, other);
  if (score_one == score_other) return random >> 63 ? one : other;
  return score_one < score_other ? one : other;
}

/* The server for a new flow, or -1 if none may be picked. `open_flows` has an entry per server. `random`: 64
 * fresh random bits. */
static inline int sed_pick(const struct sed_table* table, const sed_u32* open_flows, sed_u64 random) {
  if (table->candidates == 0 || table->servers > SED_MAX_SERVERS) return -1;
  if (table->mode == SED_WEIGHTED_RANDOM) return (int)sed_by_weight(table, (sed_u32)random);
  if (table->mode == SED_POWER_OF_TWO) return (int)sed_better_of_two(table, open_flows, random);
  return (int)sed_least(table, open_flows, (sed_u32)random);
}

#endif /* EVENKEEL_LB_SHIM_SED_H_ */
