-- What stands on each topic after a position, and where the log is now; one moment for all of it.
--
-- KEYS  last, birth, then the stream and the removals of each topic
-- ARGV  floor, time to live (microseconds), most events a topic, then a position for each topic
-- Gives the head, then for each topic: 1 if something may be missing, 1 if it was cut, and
-- position, previous, type, body of each event in one flat list.
local floor, ttl, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local text = function(number) return string.format('%.0f', number) end

local last = tonumber(redis.call('GET', KEYS[1]) or '0')
local birth = tonumber(redis.call('GET', KEYS[2]) or '0')
if last == 0 or floor > last then
  last = math.max(floor, last, now)
  birth = last
  redis.call('SET', KEYS[1], text(last))
  redis.call('SET', KEYS[2], text(birth))
end

local answer = {text(last)}
for i = 0, (#KEYS - 2) / 2 - 1 do
  local stream, removals, after = KEYS[3 + 2 * i], KEYS[4 + 2 * i], ARGV[4 + i]
  local entries = redis.call('XRANGE', stream, '(' .. after .. '-0', '+', 'COUNT', limit + 1)
  local proved
  if #entries > 0 then
    proved = tonumber(entries[1][2][2])
    -- What stood right before it may have been taken back: then the one before that counts.
    while proved > tonumber(after) do
      local removed = redis.call('ZRANGEBYSCORE', removals, text(proved), text(proved))[1]
      if not removed then break end
      proved = tonumber(string.match(removed, ' (%d+)$'))
    end
  elseif redis.call('EXISTS', stream) == 1 then
    local info = redis.call('XINFO', 'STREAM', stream)
    for j = 1, #info, 2 do
      if info[j] == 'last-generated-id' then
        proved = math.max(tonumber(string.match(info[j + 1], '^%d+')), birth)
      end
    end
  else
    proved = math.max(birth, now - ttl)
  end
  local flat = {}
  for n = 1, math.min(#entries, limit) do
    local fields = entries[n][2]
    flat[#flat + 1] = string.match(entries[n][1], '^%d+')
    flat[#flat + 1] = fields[2]
    flat[#flat + 1] = fields[4]
    flat[#flat + 1] = fields[6]
  end
  answer[#answer + 1] = {proved > tonumber(after) and 1 or 0, #entries > limit and 1 or 0, flat}
end
return answer
