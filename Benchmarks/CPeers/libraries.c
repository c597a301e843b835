#include "CPeers.h"
#include <nftables/libnftables.h>
#include <yaml.h>

void *cpeers_nftables_new(void) {
    struct nft_ctx *context = nft_ctx_new(NFT_CTX_DEFAULT);
    if (context && nft_ctx_buffer_error(context) != 0) {
        nft_ctx_free(context);
        return NULL;
    }
    return context;
}

int cpeers_nftables_run(void *context, const char *text) { return nft_run_cmd_from_buffer(context, text) == 0 ? 0 : -1; }

const char *cpeers_nftables_error(void *context) { return nft_ctx_get_error_buffer(context); }

void cpeers_nftables_free(void *context) { nft_ctx_free(context); }

long cpeers_yaml_events(const uint8_t *bytes, size_t count) {
    yaml_parser_t parser;
    yaml_event_t event;
    long events = 0;
    int ended = 0;
    if (!yaml_parser_initialize(&parser)) return -1;
    yaml_parser_set_input_string(&parser, bytes, count);
    while (!ended) {
        if (!yaml_parser_parse(&parser, &event)) {
            events = -1;
            break;
        }
        events++;
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return events;
}
