/**
 * What Redis does in one piece. An entry is a generation of 16 characters, then `=` and a value, or `?` and the token of
 * whoever may put one in. Entries of another generation count for nothing: a new generation drops all of them at once.
 * While a row is being changed, the set `<entry>:changing` holds the tokens of those who change it.
 */

/** Length of tokens and generations. */
export const TOKEN_LENGTH = 16;

/**
 * KEYS: the generation; entries. ARGV: a generation, should there be none; a token; milliseconds that a ticket is good.
 * For each entry: its text, a new ticket, or nothing where somebody else has the ticket or changes the row.
 */
export const READ = `
local generation = redis.call('GET', KEYS[1])
if not generation then
  generation = ARGV[1]
  redis.call('SET', KEYS[1], generation)
end
local texts = redis.call('MGET', unpack(KEYS, 2))
for index, text in ipairs(texts) do
  local key = KEYS[index + 1]
  if text and string.sub(text, 1, ${TOKEN_LENGTH}) == generation then
    if string.sub(text, ${TOKEN_LENGTH + 1}, ${TOKEN_LENGTH + 1}) == '?' then texts[index] = '' end
  elseif redis.call('EXISTS', key .. ':changing') == 1 then
    texts[index] = ''
  else
    texts[index] = generation .. '?' .. ARGV[2]
    redis.call('SET', key, texts[index], 'PX', ARGV[3])
  end
end
return texts`;

/**
 * KEYS: entries. ARGV: the lifetime; milliseconds that a ticket is good; for each entry its ticket and the value's text.
 * The lifetime counts from the ticket on, which is older than the value.
 */
export const FILL = `
for index, key in ipairs(KEYS) do
  local ticket = ARGV[index * 2 + 1]
  if redis.call('GET', key) == ticket then
    local left = ARGV[1] - ARGV[2] + redis.call('PTTL', key)
    local text = string.sub(ticket, 1, ${TOKEN_LENGTH}) .. '=' .. ARGV[index * 2 + 2]
    redis.call('SET', key, text, 'PX', math.max(left, 1))
  end
end
return 'OK'`;

// Both delete first: a Redis that is full refuses every other first step of a script.

/** KEYS: the entry. ARGV: the changer's token; how long the change holds should its end never be told. */
export const CHANGE = `
redis.call('DEL', KEYS[1])
redis.call('SADD', KEYS[1] .. ':changing', ARGV[1])
redis.call('PEXPIRE', KEYS[1] .. ':changing', ARGV[2])
return 'OK'`;

/** KEYS: the entry. ARGV: the changer's token. Doing it twice is harmless. */
export const CHANGED = `
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[1] .. ':changing', ARGV[1])
return 'OK'`;
