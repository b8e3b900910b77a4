"""What the demo says, in English and in Chinese."""

import os

CHINESE = {
    "Fetch the model": "获取模型",
    "Start the server": "启动服务器",
    "Make the people": "创建用户",
    "Publish with huggingface_hub": "用 huggingface_hub 发布",
    "Deploy": "部署",
    "Set the price": "定价",
    "Give the customer credit": "为客户充值",
    "Chat with openai": "用 openai 对话",
    "Download with snapshot_download": "用 snapshot_download 下载",
    "Settle accounts": "对账",
    "the package is downloaded once, about 90 MB": "首次需要下载，约 90 MB",
    "an operator, a publisher and a customer": "管理员、发布者和客户各一名",
    "per 1,000 tokens": "每 1,000 词元",
    "prepaid, booked by the operator": "预付，由管理员入账",
    "every byte is as it was published": "每个字节都与发布时一致",
    "every check of the ledger holds": "账本的所有检查均通过",
    "RECEIPT": "收据",
    "Published": "已发布",
    "repository": "仓库",
    "commit": "提交",
    "Used": "用量",
    "tokens in": "输入词元",
    "tokens out": "输出词元",
    "price": "价格",
    "time to first token": "首个词元用时",
    "The customer's credit": "客户的额度",
    "prepaid": "预付",
    "held while it ran": "运行时冻结",
    "settled": "结算",
    "left": "剩余",
    "Who earned it": "谁赚了多少",
    "the publisher": "发布者",
    "the platform": "平台",
    "The books": "账本",
    "{transactions} transactions, {entries} entries: all {checks} checks hold": (
        "{transactions} 笔交易，{entries} 条分录：{checks} 项检查全部通过"
    ),
    "Open in a browser": "在浏览器中打开",
    "model and chat": "模型与对话",
    "receipt": "收据",
    "usage": "用量",
    "statement": "对账单",
    "people and credit": "用户与充值",
    "Sign in at {url} as": "在 {url} 登录",
    "The server is up. Ctrl+C ends it.": "服务器已就绪。按 Ctrl+C 结束。",
    "Its data stays in {folder}; this starts it again:": "数据保留在 {folder}；以下命令可再次启动：",
    "The server has ended.": "服务器已结束。",
    "Interrupted; nothing is left running.": "已中断；没有留下任何运行中的进程。",
    "FAILED at “{step}”: {reason}": "失败于“{step}”：{reason}",
    "The end of the server's log, {file}:": "服务器日志的末尾，{file}：",
    "The server ended by itself.": "服务器自行结束了。",
}


def speaks_chinese() -> bool:
    """Tell whether the person at the terminal reads Chinese: the first of LC_ALL, LC_MESSAGES, LANG decides."""
    values = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((value for value in values if value), "").startswith("zh")


def say(sentence: str, **data: object) -> str:
    """Return a sentence in the language of the terminal, its braces filled."""
    return (CHINESE[sentence] if speaks_chinese() else sentence).format_map(data)
