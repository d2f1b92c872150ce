"""`quantsig forward verify`: whether a journal says what its run decides, all drawn again."""

from quantsig.cli.arguments import Config, Device, ForwardBars, Json, NewScores, RunPath
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.options.news import NamedNews, read_named_news
from quantsig.cli.output import LISTENER, print_document, print_figures, print_table

FAULTS = {"line": "line", "symbol": "symbol", "field": "field", "said": "said", "found": "found"}
MOST_FAULTS = 20  # that are printed


@grouped
def verify(
    run: RunPath = None,
    bars: ForwardBars = None,
    *,
    scores: NewScores = None,
    device: Device = None,
    reading: BarsOptions,
    news: NamedNews,
    config: Config = None,
    json: Json = False,
) -> None:
    """Walk the chain of the journal, and draw every decision and outcome again, bit for bit.

    Ends with 6 where a line was changed, is missing or was put in, and with 4 where one says
    something else than the run does on the same bars.

    \b
    Example:
      quantsig forward verify runs/first bars.csv
    """
    from dataclasses import asdict

    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load
    from quantsig.cli.named_bars import read_named_bars

    settings = load(config, {"device": device, "bars.source": bars, **settings_of(reading)})
    chosen = run_or_latest(run, settings)
    from quantsig.backtest.forward.verify import refuse_faults, verify_forward
    from quantsig.signals.inference.news import news_record

    given = None
    if scores is not None:
        from quantsig.signals.judging.new_scores import read_new_scores

        given = read_new_scores(chosen, scores, quarantine=settings.bars.quarantine)
    read = read_named_bars(settings)
    found = verify_forward(
        chosen,
        read,
        scores=given,
        news=read_named_news(news, read, like=news_record(chosen)),
        device=settings.device,
        listener=LISTENER,
    )
    figures = {name: value for name, value in asdict(found).items() if name != "faults"}
    figures["differences"] = len(found.faults)
    faults = [asdict(fault) for fault in found.faults]
    if json:
        print_document("forward.verify", figures, run=str(chosen.path), faults=faults)
    else:
        print_figures(figures)
        if faults:
            print_table(faults[:MOST_FAULTS], FAULTS)
    refuse_faults(chosen, found)
