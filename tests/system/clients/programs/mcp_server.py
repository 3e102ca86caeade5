"""A server of the MCP SDK over the hub: mcp_server.py PORT HUB. Its tool counts, slowly."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import uvicorn
from mcp.server.lowlevel import Server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent, Tool
from starlette.applications import Starlette
from starlette.routing import Mount

from hub_client import AsyncHub
from hub_client.mcp import HubSessionManager

PACE_S = 0.1
port, hub = sys.argv[1:]


async def list_tools(context: Any, params: Any) -> ListToolsResult:
    return ListToolsResult(tools=[Tool(name="count", input_schema={"type": "object"})])


async def call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
    given = params.arguments or {}
    for number in range(given["first"], given["last"] + 1):
        await context.session.report_progress(number, message="ü" * given["padding"])
        await asyncio.sleep(PACE_S)
    return CallToolResult(content=[TextContent(type="text", text="counted")])


server = Server("counter", on_list_tools=list_tools, on_call_tool=call_tool)
manager = HubSessionManager(server, AsyncHub(hub, "demo-key"), "bob", retry_interval=100)
app = Starlette(routes=[Mount("/mcp", manager.handle_request)], lifespan=lambda app: manager.run())
uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")
