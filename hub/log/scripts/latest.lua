-- Reads the last event of each key of topics that keep them, and where the log is; all at one moment.
--
-- KEYS  last, birth, clock, canary, then the stream and the values of each topic
-- ARGV  floor, then for each topic how long its values are kept (microseconds; 0: they are not)
-- Returns the head, then for each topic position, type and body of each value in one flat list, in any order. Values
-- that do not go as far as the stream are outdated: then there are none.
local last = open_log(tonumber(ARGV[1]))

local function last_of(stream)
  local info = redis.pcall('XINFO', 'STREAM', stream)
  if info.err then return '' end
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return string.match(info[i + 1], '^%d+') end
  end
end

local answer = {text(last)}
for i = 0, (#KEYS - 4) / 2 - 1 do
  local stream, hash, lifetime = KEYS[5 + 2 * i], KEYS[6 + 2 * i], tonumber(ARGV[2 + i])
  local flat = {}
  local state = redis.pcall('HMGET', hash, '')
  if lifetime > 0 and not state.err and string.match(state[1] or '', '^%d+') == last_of(stream) then
    local fields = redis.call('HGETALL', hash)
    for n = 1, #fields, 2 do
      local position, kind, length, start = string.match(fields[n + 1], '^(%d+) %d+ (%S+) (%d+) ()')
      if fields[n] ~= '' and position and tonumber(position) > now - lifetime then
        flat[#flat + 1] = position
        flat[#flat + 1] = kind
        flat[#flat + 1] = string.sub(fields[n + 1], start + tonumber(length))
      end
    end
  end
  answer[#answer + 1] = flat
end
return answer
