-- What a user does with the file that was opened, step by step. What they saw is written to $SEEN as JSON.

local PATIENCE = 60000

local function await(what, condition)
  if not vim.wait(PATIENCE, condition, 20) then
    error("waited in vain for " .. what)
  end
end

local function findings()
  return vim.tbl_map(function(each)
    return { code = each.code, row = each.lnum, column = each.col, end_column = each.end_col }
  end, vim.diagnostic.get(0))
end

local function float()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      return window
    end
  end
end

local function hovered()
  vim.lsp.buf.hover()
  await("the hover", float)
  local window = float()
  local text = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, true)
  vim.api.nvim_win_close(window, true)
  return text
end

local function hints()
  if vim.lsp.inlay_hint == nil then
    return vim.NIL
  end
  vim.lsp.inlay_hint.enable(true)
  await("inlay hints", function()
    return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0
  end)
  return vim.tbl_map(function(each)
    return { row = each.inlay_hint.position.line, label = each.inlay_hint.label }
  end, vim.lsp.inlay_hint.get({ bufnr = 0 }))
end

-- Takes the first of the actions under the cursor, as the menu shows them.
local function take_first_action()
  local titles
  vim.ui.select = function(items, options, choose)
    titles = vim.tbl_map(options.format_item, items)
    choose(items[1], 1)
  end
  vim.lsp.buf.code_action()
  await("code actions", function()
    return titles
  end)
  return titles
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n") .. "\n"
end

-- The server's own text of the buffer, which the client's edits must have kept the same.
local function servers_text()
  local answers = vim.lsp.buf_request_sync(0, "attnlint/text", { uri = vim.uri_from_bufnr(0) }, PATIENCE)
  for _, answer in pairs(answers) do
    return answer.result
  end
end

local function journey()
  local seen = {}
  await("findings", function()
    return #findings() > 0
  end)
  seen.findings = findings()
  seen.hints = hints()

  local finding = seen.findings[1]
  vim.api.nvim_win_set_cursor(0, { finding.row + 1, finding.column })
  seen.hover = hovered()

  local before = text()
  seen.actions = take_first_action()
  await("the fix", function()
    return text() ~= before
  end)
  seen.fixed = text()
  await("no findings", function()
    return #findings() == 0
  end)

  vim.cmd("undo")
  await("the finding again", function()
    return #findings() > 0
  end)
  vim.cmd("redo")
  vim.cmd("1delete")
  vim.cmd("undo")
  await("no findings again", function()
    return #findings() == 0
  end)
  seen.servers_text = servers_text()
  vim.cmd("write")
  return seen
end

local went_well, seen = pcall(journey)
vim.fn.writefile({ vim.fn.json_encode(went_well and seen or { error = seen }) }, vim.env.SEEN)
vim.cmd(went_well and "quitall!" or "cquit!")
