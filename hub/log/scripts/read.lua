-- Reads the events of each topic after a position, and where the log is; all at one moment.
--
-- KEYS  last, birth, clock, canary, then the stream and the removals of each topic
-- ARGV  floor, time to live (microseconds), most events per topic, then for each topic a position, and after a space
--       the age (microseconds) that its events may reach, where its policy says so
-- Returns the head and the birth, then for each topic: 1 if events may be missing, 1 if it was cut, and position,
-- previous, type, body of each event in one flat list. Another program may have written into a stream: an entry
-- that is not an event of ours has only a position, and a key that is not a stream has a gap.
local floor, ttl, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local last, birth = open_log(floor)

-- The fields of an event; nil if the entry is not one of ours.
local function fields_of(entry)
  local fields = entry[2]
  if fields[1] == 'p' and fields[3] == 't' and fields[5] == 'b' and tonumber(fields[2]) then return fields end
end

local function position_of(entry)
  return string.match(entry[1], '^%d+')
end

local answer = {text(last), text(birth)}
for i = 0, (#KEYS - 4) / 2 - 1 do
  local stream, removals, after = KEYS[5 + 2 * i], KEYS[6 + 2 * i], ARGV[4 + i]
  local start, space = after, string.find(after, ' ', 1, true)
  if space then
    local oldest = now - tonumber(string.sub(after, space + 1))
    after = string.sub(after, 1, space - 1)
    start = text(math.max(oldest, tonumber(after)))
  end
  local entries = redis.pcall('XRANGE', stream, '(' .. start .. '-0', '+', 'COUNT', limit + 1)
  local proved
  if entries.err then
    entries, proved = {}, last + 1
  elseif #entries > 0 then
    local first = fields_of(entries[1])
    if first then
      proved = tonumber(first[2])
    else
      -- Streams are trimmed from the beginning: what is still there before it is what it follows.
      local earlier = redis.call('XREVRANGE', stream, start .. '-0', '-', 'COUNT', 1)[1]
      proved = tonumber(position_of(earlier or entries[1]))
    end
    -- If the event right before it was removed, the one before that counts.
    while proved > tonumber(after) do
      local removed = redis.call('ZRANGEBYSCORE', removals, text(proved), text(proved))[1]
      if not removed then break end
      proved = tonumber(string.match(removed, ' (%d+)$'))
    end
  elseif redis.call('EXISTS', stream) == 1 then
    local info = redis.call('XINFO', 'STREAM', stream)
    for j = 1, #info, 2 do
      if info[j] == 'last-generated-id' then
        proved = tonumber(string.match(info[j + 1], '^%d+'))
      end
    end
  else
    proved = silent_since(last, ttl)
  end
  local flat = {}
  for n = 1, math.min(#entries, limit) do
    local fields = fields_of(entries[n]) or {}
    flat[#flat + 1] = position_of(entries[n])
    flat[#flat + 1] = fields[2] or ''
    flat[#flat + 1] = fields[4] or ''
    flat[#flat + 1] = fields[6] or ''
  end
  answer[#answer + 1] = {math.max(birth, proved) > tonumber(after) and 1 or 0, #entries > limit and 1 or 0, flat}
end
return answer
